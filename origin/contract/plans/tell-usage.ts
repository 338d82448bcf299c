/**
 * Reports of edges to the origin about requests that they have counted. The edge routes no caller's request to this
 * path.
 */
export const tellUsagePath = '/.spillway/usage'

/** Maximum callers in one report: the rest goes with the next one. */
export const toldMax = 500

/** Requests of one caller in one month since the last report; 0 asks for the total alone. */
export interface ToldUsage {
  readonly caller: string
  readonly plan: string
  /** `YYYY-MM`, UTC. */
  readonly month: string
  readonly requests: number
}

export interface UsageReport {
  readonly usage: readonly ToldUsage[]
}

/** Totals of all edges, in the order of the report. */
export interface UsageTotals {
  readonly totals: readonly number[]
}

/** Month of an instant, `YYYY-MM` in UTC. */
export const monthOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 7)

/** Start of the next month, in epoch milliseconds. */
export function monthEndMs(nowMs: number): number {
  const now = new Date(nowMs)
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
}
