/**
 * How much: a number of requests that may be in service at once, learnt from how the last ones went. Who gets in is
 * another question ({@link ./admission-control.ts}), as in Netflix's concurrency-limits.
 */
export interface Limit {
  readonly current: number
  /** Time that a request is expected to take once it is in service, in ms. */
  readonly expectedMs: number
  /** Tells how one request went. Costs a few additions; the limit changes at the end of a window. */
  onSample(sample: Sample): void
}

export interface Sample {
  /** From the start of service to the end of the answer, in ms, waiting for admission not included. */
  readonly serviceMs: number
  /** Requests in service when it ended, itself among them. */
  readonly inflight: number
  /** It was not served: it ran out of time, or something below refused it as overloaded. */
  readonly isDropped: boolean
  /** Milliseconds of a monotonic clock. */
  readonly now: number
}
