import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, fchmodSync, fchownSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Runs before each start of the origin: fetches credentials and keys from AWS, and creates a key and certificate of the
 * instance's own, in files that exist only in memory. It runs as root, on the release's own Node, so that an instance
 * needs no package besides the AWS command line.
 */
const folder = process.env.RUNTIME_FOLDER ?? '/run/spillway'

const setting = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set`)
  return value
}

/** Output of the AWS command line. Its error messages go to the log; its output never does. */
const aws = (...words: readonly string[]): string =>
  execFileSync('aws', [...words, '--output', 'text'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })

interface FileMode {
  readonly mode: number
  /** Gives the file to the owner of its folder, the origin's user. @default root's */
  readonly isOrigins?: boolean
}

function write(name: string, content: string, { mode, isOrigins = false }: FileMode): string {
  const path = join(folder, name)
  // The folder belongs to the origin's user, and this runs as root, so it must not write through a file or link placed
  // there. It creates a new file and changes that file by descriptor, not by name.
  rmSync(`${path}.new`, { force: true })
  const file = openSync(`${path}.new`, 'wx', mode)
  fchmodSync(file, mode)
  writeSync(file, content)
  if (isOrigins) {
    const { uid, gid } = statSync(folder)
    fchownSync(file, uid, gid)
  }
  closeSync(file)
  renameSync(`${path}.new`, path)
  return path
}

function mongodbUri(): string {
  const { username, password } = JSON.parse(
    aws(
      'secretsmanager',
      'get-secret-value',
      '--secret-id',
      setting('DATABASE_SECRET'),
      '--query',
      'SecretString',
    ),
  )
  const options = new URLSearchParams({
    replicaSet: 'rs0',
    tls: 'true',
    tlsCAFile: setting('DATABASE_CA'),
    // DocumentDB supports retryable writes only from 8.0 on; idempotency keys make retries safe.
    retryWrites: 'false',
  })
  const credentials = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`
  return `mongodb://${credentials}@${setting('DATABASE_HOST')}/?${options}`
}

function edgeKeys(): string {
  const text = aws(
    'ssm',
    'get-parameter',
    '--name',
    setting('EDGE_KEYS_PARAMETER'),
    '--query',
    'Parameter.Value',
  )
  const { keys } = JSON.parse(text)
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('the edge has no assertion keys')
  // Public keys, readable by the origin's user.
  return write('edge-keys.json', text, { mode: 0o644 })
}

/**
 * Self-signed certificate for the hop from the load balancer to this instance. The balancer verifies neither the signer
 * nor the expiry of a target's certificate: TLS keeps the traffic private, and the security group keeps other hosts
 * out.
 */
function certificate(): readonly string[] {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const keyFile = write('tls-key.pem', key, { mode: 0o600, isOrigins: true })
  const words = ['req', '-x509', '-new', '-key', keyFile, '-subj', '/CN=spillway-origin', '-days', '3650']
  const pem = execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const certificateFile = write('tls-certificate.pem', pem, { mode: 0o644 })
  return [`TLS_CERTIFICATE_FILE=${certificateFile}`, `TLS_KEY_FILE=${keyFile}`]
}

const lines = [`MONGODB_URI=${mongodbUri()}`, `EDGE_ASSERTION_JWKS=file://${edgeKeys()}`, ...certificate()]
write('origin.env', `${lines.join('\n')}\n`, { mode: 0o600 })
