import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, fchmodSync, fchownSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Before each start of the origin: credentials and keys from AWS, and a key and certificate of the instance's own, into
 * files that live in memory only.
 * Runs as root by the release's own Node, so that an instance needs no package beside the AWS command line.
 */
const folder = process.env.RUNTIME_FOLDER ?? '/run/spillway'

const setting = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set`)
  return value
}

/** What the AWS command line prints. Its own message goes to the log; what it printed never does. */
const aws = (...words: readonly string[]): string =>
  execFileSync('aws', [...words, '--output', 'text'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })

interface FileMode {
  readonly mode: number
  /** Gives the file to the user whose folder it lies in: the origin's. @default root's */
  readonly isOrigins?: boolean
}

function write(name: string, content: string, { mode, isOrigins = false }: FileMode): string {
  const path = join(folder, name)
  // The folder belongs to the origin's user, and this runs as root: what lies there must not be written through, so the
  // file is new, and everything is done to the file itself and not to its name.
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
    // DocumentDB knows retryable writes from 8.0 on; retries are the idempotency keys' business.
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
  // Public keys: the origin's user reads them.
  return write('edge-keys.json', text, { mode: 0o644 })
}

/**
 * For the step from the balancer to this instance. The balancer verifies no target's certificate, so nobody has to sign
 * this one, and its end is never looked at: it keeps readers of packets out, and the security group keeps others away.
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
