import type { ControlEntry } from '@spillway/origin/contract'

/** Observations of all tiers within a few seconds. Causes are found in them, and nowhere else. */
export interface Signs {
  readonly edge: EdgeSigns
  readonly origins: readonly OriginSigns[]
  readonly issuers: readonly { readonly name: string; readonly isReachable: boolean }[]
  /** Ways from the edge to the origins, and whether they carry now; none where that cannot be observed. */
  readonly ways: readonly { readonly name: string; readonly isOpen: boolean }[]
  /** Switches and revocations that edges obey. */
  readonly control: readonly ControlEntry[]
  /** Sources that could not be observed, each with the reason: no cause can be ruled out there. @default none */
  readonly blind?: readonly string[]
  /** The database as it reports itself; a laptop's does not. */
  readonly database?: DatabaseSigns
}

export interface DatabaseSigns {
  /** The busiest instance's processors, percent. */
  readonly busyPercent: number | undefined
  /** The most connections that an instance has. */
  readonly connections: number | undefined
  /** Connections that the stage may open to one instance. */
  readonly connectionsBudget: number
  /** Time of the last failover within an hour, RFC 3339. */
  readonly failoverAt: string | undefined
}

export interface EdgeSigns {
  readonly isReachable: boolean
  /** Refused requests by reason, in the window of the log. */
  readonly refusals: Readonly<Record<string, number>>
  /** Refused requests with a status of 500 or more, by reason. */
  readonly failures: Readonly<Record<string, number>>
  /** Route patterns of the refused requests by reason. */
  readonly routes: Readonly<Record<string, readonly string[]>>
  /** Time of the first refusal since the last quiet minute, RFC 3339, by reason. */
  readonly since: Readonly<Record<string, string>>
  /** Share of the answers that the cache gave, 0 to 1: of the last ones, and of those before; `undefined` if too few. */
  readonly hits: { readonly now: number; readonly before: number } | undefined
  /** Faults that are tied to no request: what, and where. */
  readonly faults: readonly { readonly what: string; readonly where: string; readonly message: string }[]
}

/** One origin, over the time between two scrapes of its metrics. */
export interface OriginSigns {
  readonly name: string
  /** Whether its process answers. */
  readonly isLive: boolean
  /** Checks of its readiness that fail, with their reasons. */
  readonly failing: Readonly<Record<string, string>>
  /** Answers that are problems, by code. */
  readonly problems: Readonly<Record<string, number>>
  /** Requests that it refused, by reason. */
  readonly shed: Readonly<Record<string, number>>
  /** Requests that it admitted. */
  readonly admitted: number
  /** Connections of its pool: all, and those in use. */
  readonly pool: { readonly size: number; readonly inUse: number }
  /** p99 of the waits for a connection, in seconds. */
  readonly poolWaitSeconds: number
  /** Database commands past their time limit. */
  readonly commandsGivenUp: number
  readonly admission: { readonly limit: number; readonly inflight: number; readonly waiting: number }
  /** p99 of the delay of its event loop, in seconds. */
  readonly loopDelaySeconds: number
  /** Requests admitted and refused, by priority. */
  readonly priorities: Readonly<Record<string, { readonly admitted: number; readonly shed: number }>>
  /** Commands sent for joined work, and the callers whose work they did. */
  readonly batches: { readonly commands: number; readonly callers: number }
  readonly memoryBytes: number
}

export const emptyEdge: EdgeSigns = {
  isReachable: true,
  refusals: {},
  failures: {},
  routes: {},
  since: {},
  hits: undefined,
  faults: [],
}

export const calmOrigin: OriginSigns = {
  name: 'origin',
  isLive: true,
  failing: {},
  problems: {},
  shed: {},
  admitted: 0,
  pool: { size: 16, inUse: 0 },
  poolWaitSeconds: 0,
  commandsGivenUp: 0,
  admission: { limit: 128, inflight: 0, waiting: 0 },
  loopDelaySeconds: 0.02,
  priorities: {},
  batches: { commands: 0, callers: 0 },
  memoryBytes: 0,
}
