/** Every header name of our own, once. All are lower case, as both runtimes give them. */
export const headers = {
  /** edge → origin: who asks, signed by the edge ({@link ./trust.ts}). */
  assertion: 'spillway-assertion',
  /** edge → origin: milliseconds left to answer in ({@link ./deadline.ts}). */
  timeoutMs: 'spillway-timeout-ms',
  /** edge → origin: `critical`, `normal` or `background`. */
  priority: 'spillway-priority',
  /** origin → edge: how loaded the origin is ({@link ./load.ts}). */
  load: 'spillway-load',
  /** origin → edge: as what a representation is shown now, and since when ({@link ./told-revision.ts}). */
  revision: 'spillway-revision',
  /** origin → edge: tags of a stored answer, comma-separated. */
  cacheTag: 'cache-tag',
  /** origin → edge: tags whose stored answers a write made obsolete, comma-separated. */
  purgeTag: 'spillway-purge-tag',
  /** origin → edge: `1` where an item of the answer is told `outcome-unknown`: what it made obsolete may change yet. */
  unsettled: 'spillway-unsettled',
  /** Request id: made by the edge, echoed in every answer and problem. */
  requestId: 'x-request-id',
  /** Client → edge → origin (draft-ietf-httpapi-idempotency-key-header-07). */
  idempotencyKey: 'idempotency-key',
  /** Answer → client: `true` where the answer is that of an earlier request with the same key. */
  idempotencyReplayed: 'idempotency-replayed',
} as const

/** Targeted cache control for our edge and other CDNs (RFC 9213 §3.1). */
export const edgeCacheControl = 'cdn-cache-control'
