/** Names, ports and paths that every tier must agree on before any of them runs. */

/** Default listen ports (TCP, loopback in development). */
export const ports = { edge: 8787, origin: 3000, issuer: 8788 } as const

/** Operational paths of the origin. The edge answers 404 for them: they are for the balancer and ops. */
export const opsPaths = { live: '/livez', ready: '/readyz', metrics: '/metrics' } as const

/** Public paths that are served beside the resources. */
export const publicPaths = { openapi: '/openapi.json', docs: '/docs', problems: '/problems' } as const

/** Environment variables that the origin reads; `origin/src/config.ts` gives each its type, unit and default. */
export const originEnv = {
  host: 'HOST',
  port: 'PORT',
  /** PEM files of the certificate and the private key that the origin serves TLS with; neither of them for plain HTTP. */
  tlsCertificateFile: 'TLS_CERTIFICATE_FILE',
  tlsKeyFile: 'TLS_KEY_FILE',
  mongodbUri: 'MONGODB_URI',
  mongodbDatabase: 'MONGODB_DATABASE',
  /** Connections that this process may open: its share of the fleet's budget. */
  poolSize: 'POOL_SIZE',
  /** Connections that all processes of this instance may open together; a pool that does not fit stops the start. */
  connectionShare: 'CONNECTION_SHARE',
  /** Longest time (ms) that an operation may wait for a connection of the pool. */
  poolWaitTimeoutMs: 'POOL_WAIT_TIMEOUT_MS',
  /** Longest time (ms) that an operation may wait for a server that can take it, e.g. a new primary. */
  serverSelectionTimeoutMs: 'SERVER_SELECTION_TIMEOUT_MS',
  /** Longest time (ms) that one list may take, however much time its caller has. */
  listTimeoutMs: 'LIST_TIMEOUT_MS',
  /** JSON Web Key Set (RFC 7517) with the public keys of the edge's assertions, inline or as `file:` URL. */
  edgeKeys: 'EDGE_ASSERTION_JWKS',
  logLevel: 'LOG_LEVEL',
  /** Longest time (ms) that a drain may take before the process exits anyway. */
  drainTimeoutMs: 'DRAIN_TIMEOUT_MS',
  /** Processes that share the port, one per core. */
  processes: 'PROCESSES',
} as const

/** Variables, secrets and bindings of the edge Worker; `edge/src/config.ts` gives each its type and default. */
export const edgeEnv = {
  /** Base URLs of the origin, comma-separated, the preferred one first. */
  origins: 'ORIGINS',
  /** JSON array of `{ issuer, jwksUri, audience, algorithms }`: whose tokens are accepted. */
  tokenIssuers: 'TOKEN_ISSUERS',
  /** Secret: the private JSON Web Key (Ed25519, with `kid`) that signs assertions towards the origin. */
  assertionKey: 'ASSERTION_KEY',
  /** Secret: keys that hide the URLs of stored answers; comma-separated, the one in use first. */
  cacheKey: 'CACHE_KEY',
  /** Secret: keys of the consistency tokens' MACs; comma-separated, the one in use first. */
  consistencyKey: 'CONSISTENCY_KEY',
  /** Web origins that browsers may call from, comma-separated, or `*`; empty for none. */
  corsOrigins: 'CORS_ORIGINS',
  /** Rate-limit binding, counted per subject (per address for the unauthenticated). */
  rateLimiter: 'RATE_LIMITER',
} as const
