import { type ControlEntry, controlPrefix } from '@spillway/origin/contract'
import { defaultWorkload } from '../src/cost/workload.ts'
import { diagnose, type Finding } from '../why/diagnose.ts'
import type { LogLine } from '../why/edge-log.ts'
import type { DatabaseSigns, OriginSigns, Signs } from '../why/signs.ts'
import type { GroupState } from '../why/stage/aws-reader.ts'
import type { EdgeVersion } from '../why/stage/cloudflare-reader.ts'
import type { ObservedBudgets } from './observed-budgets.ts'
import { type Traffic, trafficOf } from './traffic.ts'

/** Everything that the page shows. */
export interface ConsoleState {
  /** A stage, or this machine. */
  readonly place: string
  /** RFC 3339. */
  readonly at: string
  /** Length of the period of all rates, in seconds. */
  readonly seconds: number
  readonly findings: readonly Finding[]
  /** Sources that could not be observed. */
  readonly blind: readonly string[]
  readonly edge: {
    readonly isReachable: boolean
    readonly traffic: Traffic
    /** Users who would send as many requests, by the assumption of `npm run cost`. */
    readonly users: number
  }
  readonly budgets: ObservedBudgets
  readonly switch: SwitchState
  readonly ways: Signs['ways']
  readonly origins: readonly OriginSigns[]
  readonly database: DatabaseSigns | undefined
  readonly issuers: Signs['issuers']
  /** Figures of a deployed stage. */
  readonly deployment: Deployment | undefined
}

/** The emergency switch as edges read it, and what they do by it. */
export interface SwitchState {
  readonly position: string
  /** End of its time, RFC 3339. */
  readonly until: string | undefined
  /** Requests that edges refused because of it. */
  readonly refused: number
  /** Revoked subjects and tokens. */
  readonly revocations: number
}

export interface Deployment {
  readonly groups: readonly GroupState[]
  readonly edgeVersions: readonly EdgeVersion[]
}

export interface StateOptions {
  readonly place: string
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly seconds: number
  /** Time that a line of totals stands for. @default 1 */
  readonly stepSeconds?: number
  readonly deployment?: Deployment
  /** @default none */
  readonly budgets?: ObservedBudgets
}

const noBudgets: ObservedBudgets = { days: 0, tiers: [], blind: [] }

export function consoleState(
  signs: Signs,
  lines: readonly LogLine[],
  { place, nowMs, seconds, stepSeconds = 1, deployment, budgets = noBudgets }: StateOptions,
): ConsoleState {
  const traffic = trafficOf(lines, nowMs, seconds, stepSeconds)
  return {
    place,
    at: new Date(nowMs).toISOString(),
    seconds,
    findings: diagnose(signs),
    blind: [...(signs.blind ?? []), ...budgets.blind],
    edge: {
      isReachable: signs.edge.isReachable,
      traffic,
      users: traffic.perSecond / defaultWorkload.requestsPerUserSecond,
    },
    budgets,
    switch: switchState(signs.control, signs.edge.refusals['shed-switched-off'] ?? 0),
    ways: signs.ways,
    origins: signs.origins,
    database: signs.database,
    issuers: signs.issuers,
    deployment,
  }
}

function switchState(entries: readonly ControlEntry[], refused: number): SwitchState {
  const shed = entries.find(({ name }) => name === controlPrefix.shed)
  return {
    position: shed?.value ?? 'none',
    until: shed?.expiration === undefined ? undefined : new Date(shed.expiration * 1_000).toISOString(),
    refused,
    revocations: entries.filter(({ name }) => name !== controlPrefix.shed).length,
  }
}
