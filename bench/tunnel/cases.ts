import type { Mix } from '../load/workload.ts'
import type { Tier } from '../simulate/saturation.ts'
import { type KindName, readServiceTimes, type ServiceTimes } from '../simulate/service-times.ts'

/** Operation of the driver for each kind of request of the simulator. */
export const mixOfKind: Readonly<Record<KindName, Mix>> = {
  find: { read: 1 },
  list: { list: 1 },
  write: { create: 1 },
}

const { find, list, write } = readServiceTimes().kinds

/** The same kinds in the shares that the simulator assumes. */
export const mixed: Mix = { read: find.share, list: list.share, create: write.share }

/** Connections to the database: lists of one collection may use six of them. */
export const poolSize = 16

/** Low loads, requests/s: the busiest core is idle for a part of the time at each of them. */
export const lowLoads: readonly number[] = [60, 120, 240]

/** A load that fills one tier. */
export interface Case {
  readonly name: string
  readonly mix: Mix
  /** Share of its core that the connector may use. */
  readonly connectorShare: number
  /** Time that each command of the database takes longer, ms. */
  readonly slowerByMs: number
  readonly connections: number
  /** Tier that the case is made to fill. The simulator is not told. */
  readonly meant: Tier
}

/** In order: the database stays slow. */
export const cases: readonly Case[] = [
  {
    name: 'the mix, an eighth of a core for the connector',
    mix: mixed,
    connectorShare: 1 / 8,
    slowerByMs: 0,
    connections: 64,
    meant: 'tunnel',
  },
  {
    name: 'searches, a slow database',
    mix: { search: 1 },
    connectorShare: 1,
    slowerByMs: 120,
    // One more than the lane of lists serves at a time: of 24 most were refused at once, and asked again with a full core.
    connections: 7,
    meant: 'database',
  },
]

/**
 * Service times of searches alone, each a query of its own.
 *
 * @param databaseMs round trip of a lone one
 */
export const searchesOf = (times: ServiceTimes, databaseMs: number): ServiceTimes => ({
  ...times,
  kinds: {
    find: { ...times.kinds.find, share: 0 },
    list: { ...times.kinds.list, share: 1, databaseMs },
    write: { ...times.kinds.write, share: 0 },
  },
  collections: 1,
  databaseVariation: 0.05,
  networkMs: 0,
})
