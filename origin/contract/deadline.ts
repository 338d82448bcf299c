/**
 * How long an answer is still wanted. Carried as the time left, not as a point in time, so that the clocks of edge
 * and origin need not agree (as gRPC does: `grpc-timeout`).
 */
export const deadline = {
  /** Every answer within a second: what a request starts with at the edge, in ms. */
  budgetMs: 1_000,
  /** The most that a header may ask for, in ms. */
  timeoutMsMax: 30_000,
} as const

export const formatTimeout = (timeoutMs: number): string => String(Math.max(0, Math.floor(timeoutMs)))

/** Milliseconds of a timeout header, or `undefined` where it is absent or malformed. */
export function parseTimeout(value: string | undefined | null): number | undefined {
  if (value === undefined || value === null || !/^\d{1,6}$/.test(value)) return undefined
  return Math.min(Number(value), deadline.timeoutMsMax)
}
