/** Names, ports and paths that every tier must agree on before any of them runs. */

/** Default listen ports (TCP, loopback in development). */
export const ports = { edge: 8787, origin: 3000, issuer: 8788, console: 8789 } as const

/** Operational paths of the origin, for the load balancer and operators. The edge answers 404 for them. */
export const opsPaths = { live: '/livez', ready: '/readyz', metrics: '/metrics' } as const

/** Path of the edge's own health check, which monitors use to tell a failing edge from a failing origin. */
export const edgeHealthPath = '/healthz'

/** Public paths beside the resources. */
export const publicPaths = { openapi: '/openapi.json', docs: '/docs', problems: '/problems' } as const

/** Environment variables of the origin; `origin/src/config.ts` defines type, unit and default of each. */
export const originEnv = {
  host: 'HOST',
  port: 'PORT',
  /** PEM files of the certificate and private key for TLS; without both, the origin serves plain HTTP. */
  tlsCertificateFile: 'TLS_CERTIFICATE_FILE',
  tlsKeyFile: 'TLS_KEY_FILE',
  mongodbUri: 'MONGODB_URI',
  mongodbDatabase: 'MONGODB_DATABASE',
  /** Pool connections of this process: its share of the fleet's budget. */
  poolSize: 'POOL_SIZE',
  /** Maximum connections of all processes of this instance; a larger pool stops the start. */
  connectionShare: 'CONNECTION_SHARE',
  /** Time limit for an operation to wait for a pool connection, in ms. */
  poolWaitTimeoutMs: 'POOL_WAIT_TIMEOUT_MS',
  /** Time limit for an operation to find a suitable server, e.g. a new primary, in ms. */
  serverSelectionTimeoutMs: 'SERVER_SELECTION_TIMEOUT_MS',
  /** Time limit of one list, in ms, even if the request's deadline is later. */
  listTimeoutMs: 'LIST_TIMEOUT_MS',
  /** JSON Web Key Set (RFC 7517) with the public keys for the edge's assertions, inline or as a `file:` URL. */
  edgeKeys: 'EDGE_ASSERTION_JWKS',
  logLevel: 'LOG_LEVEL',
  /** Base URL of an OTLP/HTTP receiver of spans; without it, none are recorded. */
  otlpEndpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  /** Secret: headers for it, `name=value`, comma-separated, with percent-encoded values. */
  otlpHeaders: 'OTEL_EXPORTER_OTLP_HEADERS',
  /** Time limit of a drain, in ms; then the process exits with requests unfinished. */
  drainTimeoutMs: 'DRAIN_TIMEOUT_MS',
  /** Number of processes that share the port, one per core. */
  processes: 'PROCESSES',
  /** Base URL of the edge, to which purges of the origin's own writes are sent. */
  edgeUrl: 'EDGE_URL',
  /** Secret: the key that signs them, one of the edge's. */
  purgeKey: 'PURGE_KEY',
  /** Secret: keys from which the secrets of receivers are derived, comma-separated, the one in use first. */
  webhookKey: 'WEBHOOK_KEY',
} as const

/** Variables, secrets and bindings of the edge Worker; `edge/src/config.ts` defines type and default of each. */
export const edgeEnv = {
  /** Base URLs of the origin, comma-separated, the preferred one first. */
  origins: 'ORIGINS',
  /** Accepted token issuers: a JSON array of `{ issuer, jwksUri, audience, algorithms }`. */
  tokenIssuers: 'TOKEN_ISSUERS',
  /** Secret: the private JSON Web Key (Ed25519, with `kid`) that signs assertions for the origin. */
  assertionKey: 'ASSERTION_KEY',
  /** Secret: keys that hide the URLs of stored answers; comma-separated, the one in use first. */
  cacheKey: 'CACHE_KEY',
  /** Secret: keys of the consistency tokens' MACs; comma-separated, the one in use first. */
  consistencyKey: 'CONSISTENCY_KEY',
  /** Secret: keys with which origins sign the purges that they send; comma-separated, all are accepted. */
  purgeKey: 'PURGE_KEY',
  /** Web origins that browsers may call from, comma-separated, or `*`; empty for none. */
  corsOrigins: 'CORS_ORIGINS',
  /** Rate-limit binding, counted per subject (per address without a token). */
  rateLimiter: 'RATE_LIMITER',
} as const

/** Base URLs in the edge's `ORIGINS`, by rank: commas separate ranks, spaces the origins of one rank. */
export const rankedOrigins = (text: string): readonly (readonly string[])[] =>
  text
    .split(',')
    .map((rank) => rank.split(/\s+/).filter((origin) => origin !== ''))
    .filter((rank) => rank.length > 0)
