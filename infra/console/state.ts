import { diagnose, type Finding } from '../why/diagnose.ts'
import type { LogLine } from '../why/edge-log.ts'
import type { OriginSigns, Signs } from '../why/signs.ts'
import { type Traffic, trafficOf } from './traffic.ts'

/** Everything that the page shows. */
export interface ConsoleState {
  /** RFC 3339. */
  readonly at: string
  /** Length of the period of all rates, in seconds. */
  readonly seconds: number
  readonly findings: readonly Finding[]
  readonly edge: { readonly isReachable: boolean; readonly traffic: Traffic }
  readonly origins: readonly OriginSigns[]
  readonly issuers: Signs['issuers']
}

/** @param nowMs ms since the epoch */
export const consoleState = (
  signs: Signs,
  lines: readonly LogLine[],
  { nowMs, seconds }: { readonly nowMs: number; readonly seconds: number },
): ConsoleState => ({
  at: new Date(nowMs).toISOString(),
  seconds,
  findings: diagnose(signs),
  edge: { isReachable: signs.edge.isReachable, traffic: trafficOf(lines, nowMs, seconds) },
  origins: signs.origins,
  issuers: signs.issuers,
})
