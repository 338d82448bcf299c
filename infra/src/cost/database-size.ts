import { connectionBudget, poolSizeMax } from '../capacity.ts'
import { connectionDemand, documentDbOf, type StageConfig } from '../config.ts'
import { type DatabaseClass, databaseClassNames } from '../database-class.ts'
import { classFor, vcpusWanted } from './database-cost.ts'
import { hoursPerMonth, prices } from './prices.ts'
import { service, trafficOf, type Workload } from './workload.ts'

/** The class of a stage's database by each of what it must hold. */
export interface DatabaseSize {
  readonly configured: DatabaseClass
  readonly byConnections: DatabaseClass
  readonly byLoad: DatabaseClass
  readonly vcpus: number
  /** With an empty cache: after a purge of everything, every read reaches the database. */
  readonly byLoadWithoutCache: DatabaseClass
  readonly vcpusWithoutCache: number
  /** Connections per process with which the class by load (without a cache) would do, and what that saves a month. */
  readonly smallerPool: number
  readonly smallerPoolSaves: number
  /** Cost of one reader a month. Each is for failovers and exports: lists are read from the primary (decision 65). */
  readonly readerDollars: number
}

/** Classes below this one have processors that are throttled when they are busy for long. */
const smallest: DatabaseClass = 'r6g.large'

export function databaseSize(workload: Workload, config: StageConfig): DatabaseSize {
  const cpuMsPerRequest = service.joinedDatabaseCpuMs
  const peak = (hitRatio: number) =>
    vcpusWanted({ peakPerSecond: trafficOf({ ...workload, hitRatio }).originPeakPerSecond, cpuMsPerRequest })
  const [vcpus, vcpusWithoutCache] = [peak(workload.hitRatio), peak(0)]
  const demand = connectionDemand(config)
  const { instanceClass: configured, instances } = documentDbOf(config)
  const byConnections =
    databaseClassNames
      .slice(databaseClassNames.indexOf(smallest))
      .find((instanceClass) => connectionBudget({ instanceClass, instances }, demand).fits) ?? 'r6g.16xlarge'
  const byLoadWithoutCache = classFor(vcpusWithoutCache, smallest)
  const price = (name: DatabaseClass) => prices.documentDb.instanceHour[name] * hoursPerMonth
  return {
    configured,
    byConnections,
    byLoad: classFor(vcpus, smallest),
    vcpus,
    byLoadWithoutCache,
    vcpusWithoutCache,
    smallerPool: poolSizeMax({ instanceClass: byLoadWithoutCache, instances }, demand),
    smallerPoolSaves: instances * (price(configured) - price(byLoadWithoutCache)),
    readerDollars: price(configured),
  }
}

/** The sizes as sentences. */
export function databaseSizeText(size: DatabaseSize): readonly string[] {
  const { vcpus, vcpusWithoutCache, smallerPoolSaves, readerDollars } = size
  const dollars = (value: number) => `$${Math.round(value).toLocaleString('en-US')}`
  return [
    `by load         db.${size.byLoad} (${vcpus.toFixed(1)} vCPUs); with an empty cache db.${size.byLoadWithoutCache} (${vcpusWithoutCache.toFixed(1)} vCPUs)`,
    `by connections  db.${size.byConnections}; deployed is db.${size.configured}`,
    ...(smallerPoolSaves <= 0
      ? []
      : [
          `saving          ${dollars(smallerPoolSaves)} a month with poolSize ${size.smallerPool} and db.${size.byLoadWithoutCache}: half the processors left for what is not this workload`,
          `                ${dollars(readerDollars)} a month for each reader less: a zone without one, and a slower failover`,
        ]),
  ]
}
