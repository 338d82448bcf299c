/**
 * Maximum number of requests in service at once, learnt from the times and failures of the last ones. It does not
 * choose the requests that get in: {@link ./admission-control.ts} does. Netflix's concurrency-limits separates the two,
 * too.
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
