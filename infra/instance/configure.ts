import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { fetchEdgeKeys, fetchSecret, setting, write, writeEdgeKeys } from './runtime-folder.ts'

/**
 * Runs before each start of the origin: fetches credentials and keys from AWS, and creates a key and certificate of the
 * instance's own, in files that exist only in memory. It runs as root, on the release's own Node, so that an instance
 * needs no package besides the AWS command line.
 */

function mongodbUri(): string {
  const { username, password } = fetchSecret('DATABASE_SECRET')
  if (typeof username !== 'string' || typeof password !== 'string')
    throw new Error('the secret of the database has no username and password')
  const credentials = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`
  return `${setting('DATABASE_SCHEME')}://${credentials}@${setting('DATABASE_HOST')}/?${setting('DATABASE_OPTIONS')}`
}

/**
 * Keys of a ring that `npm run keys` has made, the one in use first.
 *
 * @throws {Error} when there is none: without it, handlers' writes would purge nothing, and receivers get nothing
 */
function keysOf(ring: 'purge' | 'webhook', secret: string): readonly [string, ...string[]] {
  const { [ring]: keys } = fetchSecret(secret)
  if (!Array.isArray(keys) || keys.length === 0)
    throw new Error(`there is no ${ring} key: npm run keys -- create ${ring}`)
  // The cast: there is one, and `npm run keys` alone writes the secret.
  return keys.map(({ value }) => value) as [string, ...string[]]
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

// The edge accepts every key of the ring; an origin signs with one.
const [purgeKey] = keysOf('purge', 'PURGE_KEYS_SECRET')
const lines = [
  `MONGODB_URI=${mongodbUri()}`,
  `EDGE_ASSERTION_JWKS=file://${writeEdgeKeys(fetchEdgeKeys())}`,
  `PURGE_KEY=${purgeKey}`,
  `WEBHOOK_KEY=${keysOf('webhook', 'WEBHOOK_KEYS_SECRET').join(',')}`,
  ...certificate(),
]
write('origin.env', `${lines.join('\n')}\n`, { mode: 0o600 })
