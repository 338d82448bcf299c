import { type DatabaseClass, databaseClasses, databaseClassNames } from './database-class.ts'
import { type AtlasTier, atlasReserved, atlasTierNames, atlasTiers } from './mongodb-tier.ts'

/**
 * The connection budget: `instances × processes × connections per process + headroom ≤ limit of the database`.
 *
 * The limit is that of *one* database instance; more instances do not add to it. Every process keeps a pool to each
 * member of the replica set, and after a failover all writes, and all reads that require the primary, go to whichever
 * instance is primary then. A budget that counted readers would hold until the first failover and break during it.
 *
 * The budget uses the limit on *active* connections, the smaller of the two: every connection of a full pool is in use.
 */

export interface ConnectionDemand {
  /** Maximum size of the Auto Scaling group, including the warm pool. */
  readonly instancesMax: number
  readonly processesPerInstance: number
  /** `maxPoolSize` of one process. */
  readonly poolSize: number
  /** Deployments that may run while the group is at its maximum; each can double it. */
  readonly deploymentsInFlight: number
  /** Reserve for people, credential rotation, index changes and connections that close slowly. */
  readonly headroom: number
}

export type DatabaseCapacity = (
  | { readonly instanceClass: DatabaseClass }
  /** A tier of Atlas. */
  | { readonly atlas: AtlasTier }
  /** Connections that each member of another MongoDB allows. */
  | { readonly connections: number }
) & {
  /** Members of the cluster, the primary included. */
  readonly instances: number
}

/** Connections that one member allows to the pools. */
function limitOf(database: DatabaseCapacity): number {
  if ('instanceClass' in database) return databaseClasses[database.instanceClass].connectionsActive
  return 'atlas' in database ? atlasTiers[database.atlas] - atlasReserved : database.connections
}

export interface ConnectionBudget {
  readonly database: DatabaseCapacity
  readonly demand: ConnectionDemand
  /** Origin processes that can run at once. */
  readonly processes: number
  /** Connections that the demand needs on one database instance. */
  readonly demanded: number
  /** Connections that one database instance allows. */
  readonly allowed: number
  /** `allowed - demanded`; negative means over budget. */
  readonly spare: number
  readonly fits: boolean
}

/**
 * Connections that a MongoClient may open to each member besides its pool: a monitor and a round-trip-time probe
 * (MongoDB Server Monitoring specification, "Streaming protocol"). The origin polls and needs only the monitor
 * (`origin/src/store/pool.ts`); the second one is room for a driver that streams, and for a monitor that closes slowly.
 */
export const monitorConnections = 2

/** @throws {RangeError} when a count is not a whole number in its range */
export function connectionBudget(database: DatabaseCapacity, demand: ConnectionDemand): ConnectionBudget {
  requireWhole('database instances', database.instances, 1)
  requireWhole('instancesMax', demand.instancesMax, 1)
  requireWhole('processesPerInstance', demand.processesPerInstance, 1)
  requireWhole('poolSize', demand.poolSize, 1)
  requireWhole('deploymentsInFlight', demand.deploymentsInFlight, 0)
  requireWhole('headroom', demand.headroom, 0)
  const processes = demand.instancesMax * (1 + demand.deploymentsInFlight) * demand.processesPerInstance
  const demanded = processes * (demand.poolSize + monitorConnections) + demand.headroom
  const allowed = limitOf(database)
  const spare = allowed - demanded
  return { database, demand, processes, demanded, allowed, spare, fits: spare >= 0 }
}

/** The largest pool per process that fits, or 0 if not even one connection does. */
export function poolSizeMax(database: DatabaseCapacity, demand: ConnectionDemand): number {
  const { processes, allowed } = connectionBudget(database, { ...demand, poolSize: 1 })
  return Math.max(0, Math.floor((allowed - demand.headroom) / processes) - monitorConnections)
}

/** The most instances that fit, or 0 if not even one does. */
export function instancesMaxMax(database: DatabaseCapacity, demand: ConnectionDemand): number {
  const one = connectionBudget(database, { ...demand, instancesMax: 1 })
  const perInstance = one.demanded - demand.headroom
  return Math.max(0, Math.floor((one.allowed - demand.headroom) / perInstance))
}

/** The smallest class, or tier of Atlas, that carries the demand; `undefined` if none does, or there are none. */
export function smallestClassThatFits(
  { instances, ...database }: DatabaseCapacity,
  demand: ConnectionDemand,
): DatabaseClass | AtlasTier | undefined {
  const fits = (size: DatabaseCapacity) => connectionBudget(size, demand).fits
  if ('instanceClass' in database) {
    return databaseClassNames.find((instanceClass) => fits({ instanceClass, instances }))
  }
  return 'atlas' in database ? atlasTierNames.find((atlas) => fits({ atlas, instances })) : undefined
}

/** The budget as a sentence and, if it does not fit, three ways to fix it. */
export function explainBudget(budget: ConnectionBudget): string {
  const { database, demand, processes, demanded, allowed, spare } = budget
  const deployments = 1 + demand.deploymentsInFlight
  const lines = [
    `${demand.instancesMax} instances × ${deployments} (a deployment runs old and new side by side) × ` +
      `${demand.processesPerInstance} processes = ${processes} processes`,
    `${processes} processes × (pool ${demand.poolSize} + ${monitorConnections} monitoring) + ` +
      `${demand.headroom} head-room = ${demanded} connections`,
    `${limitWords(database, allowed)} per instance` +
      (database.instances > 1
        ? `; ${database.instances} instances allow no more, because a failover can put all of them on one`
        : ''),
  ]
  if (budget.fits) return [...lines, `${spare} to spare`].join('\n')
  const pool = poolSizeMax(database, demand)
  const instances = instancesMaxMax(database, demand)
  const larger = smallestClassThatFits(database, demand)
  return [
    ...lines,
    `over budget by ${-spare}. Three ways to mend it:`,
    `  1. a smaller pool: ${pool > 0 ? `poolSize ${pool} is the largest that fits` : 'no pool size fits'}`,
    `  2. a smaller group: ${instances > 0 ? `instancesMax ${instances} is the largest that fits` : 'no group size fits'}`,
    `  3. a larger database: ${largerWords(database, larger)}`,
  ].join('\n')
}

function limitWords(database: DatabaseCapacity, allowed: number): string {
  if ('instanceClass' in database) return `db.${database.instanceClass} allows ${allowed} active connections`
  if ('atlas' in database) return `Atlas ${database.atlas} allows ${allowed} connections`
  return `net.maxIncomingConnections allows ${allowed} connections`
}

function largerWords(database: DatabaseCapacity, larger: string | undefined): string {
  if ('connections' in database) return 'raise net.maxIncomingConnections, with the memory that it takes'
  if (larger === undefined) return 'no class carries this demand; split the data or the traffic'
  return 'atlas' in database
    ? `Atlas ${larger} is the smallest that fits`
    : `db.${larger} is the smallest class that fits`
}

function requireWhole(name: string, value: number, min: number): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`${name} must be a whole number of at least ${min}, not ${value}`)
  }
}
