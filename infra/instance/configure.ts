import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { aws, fetchEdgeKeys, setting, write, writeEdgeKeys } from './runtime-folder.ts'

/**
 * Runs before each start of the origin: fetches credentials and keys from AWS, and creates a key and certificate of the
 * instance's own, in files that exist only in memory. It runs as root, on the release's own Node, so that an instance
 * needs no package besides the AWS command line.
 */

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

const lines = [
  `MONGODB_URI=${mongodbUri()}`,
  `EDGE_ASSERTION_JWKS=file://${writeEdgeKeys(fetchEdgeKeys())}`,
  ...certificate(),
]
write('origin.env', `${lines.join('\n')}\n`, { mode: 0o600 })
