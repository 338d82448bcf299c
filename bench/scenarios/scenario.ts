import type { RatePoint } from '../load/arrivals.ts'
import type { OperationShares } from '../load/operations.ts'
import type { Popularity } from '../load/popularity.ts'

/** Number of users who are online at a time. Between two points it changes linearly. */
export interface UserPoint {
  readonly atMs: number
  readonly users: number
}

/**
 * Timing of users' requests.
 *
 * - `open`: each user sends a request once every `everyMs` on average, answered or not. Independent users behave so,
 *   and a slow server gets as many requests as a fast one.
 * - `closed`: each user waits for the answer, thinks for `everyMs` on average, and sends the next request.
 */
export interface Behaviour {
  readonly kind: 'open' | 'closed'
  readonly everyMs: number
}

/** Clients that are slow on purpose or by their network: each holds a connection and sends a byte now and then. */
export interface SlowClients {
  readonly count: number
  readonly byteEveryMs: number
}

/** Times between which every connection to the origin is refused. */
export interface Outage {
  readonly fromMs: number
  readonly toMs: number
}

export type ThresholdMetric = 'goodPercent' | 'failedPercent' | 'p50Ms' | 'p99Ms'

export interface Threshold {
  readonly metric: ThresholdMetric
  readonly holds: '>=' | '<='
  readonly limit: number
}

/** A load as plain data, which both drivers run at any scale against any target. */
export interface Scenario extends OperationShares {
  readonly name: string
  readonly title: string
  /** Its purpose. */
  readonly why: string
  /** Number of users over time, at full scale. */
  readonly users: readonly [UserPoint, ...UserPoint[]]
  readonly behaviour: Behaviour
  readonly popularity: Popularity
  /** Maximum number of documents that are read, at full scale. */
  readonly documents: number
  readonly slowClients?: SlowClients
  readonly outage?: Outage
  /** An answer that takes longer is not goodput. */
  readonly usefulMs: number
  /** Time after which a user gives up. */
  readonly timeoutMs: number
  readonly thresholds: readonly Threshold[]
}

export const durationMs = ({ users }: Pick<Scenario, 'users'>): number => users.at(-1)?.atMs ?? 0

/** Requests of one user per second. */
export const perUserSecond = ({ behaviour }: Pick<Scenario, 'behaviour'>): number => 1_000 / behaviour.everyMs

/** Request rate of `users`. */
export const rateCurve = (scenario: Scenario): readonly RatePoint[] =>
  scenario.users.map(({ atMs, users }) => ({ atMs, perSecond: users * perUserSecond(scenario) }))

export const usersMax = ({ users }: Pick<Scenario, 'users'>): number =>
  Math.max(...users.map(({ users }) => users))

/**
 * The same scenario for a smaller machine. The numbers of users and documents shrink by the same factor, so that each
 * document is read as often as at full scale and caches have the same hit ratio.
 *
 * @param scale above 0, at most 1
 */
export function scaledBy(scenario: Scenario, scale: number): Scenario {
  if (!(scale > 0 && scale <= 1)) throw new RangeError(`scale ${scale} must be more than 0 and at most 1`)
  const { users, documents, slowClients } = scenario
  const [first, ...rest] = users
  const fewer = (point: UserPoint): UserPoint => ({ ...point, users: point.users * scale })
  return {
    ...scenario,
    users: [fewer(first), ...rest.map(fewer)],
    documents: Math.max(1, Math.round(documents * scale)),
    ...(slowClients !== undefined && {
      slowClients: { ...slowClients, count: Math.max(1, Math.round(slowClients.count * scale)) },
    }),
  }
}

/** The same scenario in another length. All its times change by the same factor, except the users' own pace. */
export function lasting(scenario: Scenario, wantedMs: number): Scenario {
  const factor = wantedMs / durationMs(scenario)
  const [first, ...rest] = scenario.users
  const moved = (point: UserPoint): UserPoint => ({ ...point, atMs: point.atMs * factor })
  const { outage } = scenario
  return {
    ...scenario,
    users: [moved(first), ...rest.map(moved)],
    ...(outage !== undefined && {
      outage: { fromMs: outage.fromMs * factor, toMs: outage.toMs * factor },
    }),
  }
}

/** Longest time with the maximum number of users, in ms since the start. */
export function peakOf(scenario: Pick<Scenario, 'users'>): {
  readonly fromMs: number
  readonly toMs: number
} {
  const most = usersMax(scenario)
  const atPeak = scenario.users.filter(({ users }) => users === most)
  return { fromMs: atPeak[0]?.atMs ?? 0, toMs: atPeak.at(-1)?.atMs ?? 0 }
}
