/**
 * Remaining time for an answer. Sent as a duration, not as a point in time, so that the clocks of edge and origin need
 * not agree (as in gRPC: `grpc-timeout`).
 */
export const deadline = {
  /** Time budget of a request on arrival at the edge, in ms. */
  budgetMs: 1_000,
  /** Maximum value of the header, in ms. */
  timeoutMsMax: 30_000,
} as const

export const formatTimeout = (timeoutMs: number): string => String(Math.max(0, Math.floor(timeoutMs)))

/** Milliseconds of a timeout header; `undefined` if absent or malformed. */
export function parseTimeout(value: string | undefined | null): number | undefined {
  if (value === undefined || value === null || !/^\d{1,6}$/.test(value)) return undefined
  return Math.min(Number(value), deadline.timeoutMsMax)
}
