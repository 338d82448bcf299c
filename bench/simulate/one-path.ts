import { seedOf } from './distribution.ts'
import { joined } from './origin-policy.ts'
import { simulateProcess } from './process/process.ts'
import { type Busy, Saturation, type Tier } from './saturation.ts'
import { processModel, type ServiceTimes } from './service-times.ts'
import { spread } from './tunnel.ts'

/** A path with one connector, one origin process and one database, as a machine of two cores can run it. */
export interface OnePath {
  /** CPU of the connector for a request under full load, when it wakes up for many at once, µs. */
  readonly connectorCpuUs: number
  /** Share of a core that the connector gets when it is full. */
  readonly connectorShare: number
  /** CPU for a request of all that shares the origin's core, µs. */
  readonly originCpuUs: number
  /** Mix of requests, and the database's round trips. */
  readonly times: ServiceTimes
  /** Connections to the database. */
  readonly poolSize: number
}

export interface FirstFull {
  /** The tier that is full first as the load grows. */
  readonly tier: Tier
  /** Requests/s at which it is full. */
  readonly perSecond: number
  /** Use of each tier at the last load that was tried. */
  readonly busy: Busy
}

/** Growth of the load from one step to the next. */
const step = 1.05
const perSecondMax = 200_000

/**
 * Raises the load until a tier is full, and names it.
 *
 * @throws RangeError where none is full below 200,000 requests/s
 */
export function firstFull(path: OnePath): FirstFull {
  const saturation = new Saturation()
  for (let perSecond = 20; perSecond < perSecondMax; perSecond *= step) {
    const busy = busyAt(path, perSecond)
    saturation.observe(perSecond, busy)
    if (saturation.first !== undefined) {
      const { tier } = saturation.first
      return { tier, perSecond: perSecond / busy[tier], busy }
    }
  }
  throw new RangeError(`no tier is full at ${perSecondMax} requests/s`)
}

/** Use of each tier at a load. */
function busyAt(path: OnePath, perSecond: number): Busy {
  const { connectorCpuUs, connectorShare, originCpuUs } = path
  const tunnel = spread(1, (perSecond * connectorCpuUs) / 1e6 / connectorShare).busiest
  const origin = (perSecond * originCpuUs) / 1e6
  return { tunnel, origin, database: listsInFlight(path, perSecond) }
}

/** Requests to simulate at each load: their number varies by 2 %. */
const simulated = 4_000

/**
 * Lists that the database works on, over those that their lane allows (Little's law). Lists are not joined, so a slow
 * database fills this lane first.
 */
function listsInFlight({ times, poolSize }: OnePath, perSecond: number): number {
  const { done, seconds } = simulateProcess(processModel(times, poolSize), {
    arrivals: { critical: 0, normal: perSecond, background: 0 },
    requests: simulated,
    warmup: simulated / 5,
    seed: seedOf('one-path', Math.round(perSecond)),
  })
  const { share, databaseMs } = times.kinds.list
  return ((done.normal / seconds) * share * databaseMs) / 1_000 / joined(poolSize).lists.inflightMax
}
