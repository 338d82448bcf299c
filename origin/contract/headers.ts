/** Names of all header fields of this system. Lower case, because both runtimes yield them so. */
export const headers = {
  /** edge → origin: the caller, signed by the edge ({@link ./trust.ts}). */
  assertion: 'spillway-assertion',
  /** edge → origin: time left for the answer, in ms ({@link ./deadline.ts}). */
  timeoutMs: 'spillway-timeout-ms',
  /** edge → origin: longest time for an answer of a feed, in ms: the caller's token expires then. */
  feedMs: 'spillway-feed-ms',
  /** edge → origin: `1` if the caller has shown no write of its own to what it reads, so that it may lag. */
  mayLag: 'spillway-may-lag',
  /** edge → origin: `critical`, `normal` or `background`. */
  priority: 'spillway-priority',
  /** origin → edge: load of the origin ({@link ./load.ts}). */
  load: 'spillway-load',
  /** origin → edge: current revision of the representation, and its start ({@link ./representation-revision.ts}). */
  revision: 'spillway-revision',
  /** origin → edge: the document's fields that its read rule compares ({@link ./access/attributes.ts}). */
  ruleAttributes: 'spillway-rule-attributes',
  /** origin → edge: cache tags of the answer, comma-separated. */
  cacheTag: 'cache-tag',
  /** origin → edge: cache tags that a write made obsolete, comma-separated. */
  purgeTag: 'spillway-purge-tag',
  /** origin → edge: `1` if an item of the answer is `outcome-unknown`: its write may still happen after the purge. */
  unsettled: 'spillway-unsettled',
  /** origin → edge: `1` on an error that says nothing about the origin's health ({@link Problem.isOwnFault}). */
  ownFault: 'spillway-own-fault',
  /** Client → edge → origin: `1` asks for `Server-Timing` in the answer. */
  timing: 'spillway-timing',
  /** Request id: made by the edge, repeated in every answer and problem. */
  requestId: 'x-request-id',
  /** Client → edge → origin (draft-ietf-httpapi-idempotency-key-header-07). */
  idempotencyKey: 'idempotency-key',
  /** Answer → client: `true` if the answer is that of an earlier request with the same key. */
  idempotencyReplayed: 'idempotency-replayed',
} as const

/**
 * Answer → client → request: the caller's own writes (`edge/src/consistency/consistency-token.ts`); also a cookie of
 * the same name.
 */
export const consistencyHeader = 'spillway-consistency'

/** Targeted cache control (RFC 9213 §3.1) for the edge and other CDNs. */
export const edgeCacheControl = 'cdn-cache-control'
