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
  /** Requests/s that it carries when it is full. */
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
    const lists = listsAt(path, perSecond)
    const busy = busyAt(path, perSecond, lists)
    saturation.observe(perSecond, busy)
    if (saturation.first !== undefined) {
      const { tier } = saturation.first
      // The database works on what its lane lets through; the others work on refused requests, too.
      const worked = tier === 'database' ? lists.servedPerSecond : perSecond
      return { tier, perSecond: worked / busy[tier], busy }
    }
  }
  throw new RangeError(`no tier is full at ${perSecondMax} requests/s`)
}

/** Use of each tier at a load. */
function busyAt(path: OnePath, perSecond: number, { inFlight }: Lists): Busy {
  const { connectorCpuUs, connectorShare, originCpuUs } = path
  const tunnel = spread(1, (perSecond * connectorCpuUs) / 1e6 / connectorShare).busiest
  const origin = (perSecond * originCpuUs) / 1e6
  return { tunnel, origin, database: inFlight / joined(path.poolSize).lists.inflightMax }
}

/** Requests to simulate at each load: their number varies by 2 %. */
const simulated = 4_000

/** Requests served, and lists that the database works on at the same time. */
interface Lists {
  readonly servedPerSecond: number
  readonly inFlight: number
}

/** Lists by Little's law. They are not joined, so a slow database fills their lane first. */
function listsAt({ times, poolSize }: OnePath, perSecond: number): Lists {
  const { done, seconds } = simulateProcess(processModel(times, poolSize), {
    arrivals: { critical: 0, normal: perSecond, background: 0 },
    requests: simulated,
    warmup: simulated / 5,
    seed: seedOf('one-path', Math.round(perSecond)),
  })
  const servedPerSecond = done.normal / seconds
  const { share, databaseMs } = times.kinds.list
  return { servedPerSecond, inFlight: (servedPerSecond * share * databaseMs) / 1_000 }
}
