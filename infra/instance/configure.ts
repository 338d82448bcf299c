import { execFileSync } from 'node:child_process'
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Before each start of the origin: credentials and keys from AWS into files that live in memory only.
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

function write(name: string, content: string, mode: number): string {
  const path = join(folder, name)
  // The folder belongs to the origin's user, and this runs as root: what lies there must not be written through.
  rmSync(`${path}.new`, { force: true })
  writeFileSync(`${path}.new`, content, { mode, flag: 'wx' })
  chmodSync(`${path}.new`, mode)
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
  return write('edge-keys.json', text, 0o644)
}

const lines = [`MONGODB_URI=${mongodbUri()}`, `EDGE_ASSERTION_JWKS=file://${edgeKeys()}`]
write('origin.env', `${lines.join('\n')}\n`, 0o600)
