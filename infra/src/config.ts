import type { ConnectionDemand, DatabaseCapacity } from './capacity.ts'
import { type DatabaseSettings, type DocumentDbSettings, databaseMistakes } from './database-settings.ts'

export const stageNames = ['dev', 'staging', 'production'] as const

/** Also the names of the edge's environments in `edge/wrangler.jsonc`. */
export type NamedStage = (typeof stageNames)[number]

/** Stage of one branch (`preview.ts`). */
export type PreviewName = `pr-${string}`

export type StageName = NamedStage | PreviewName

/** Everything that differs between stages. Values that depend on the account are in its Parameter Store; see README. */
export interface StageConfig {
  readonly stage: StageName
  readonly network: {
    /** Three zones, each with a public (NAT only), a private and an isolated subnet. */
    readonly cidr: string
    /** One per zone survives the loss of a zone; fewer cost less. */
    readonly natGateways: 1 | 2 | 3
  }
  readonly database: DatabaseSettings
  /** Base URL of the edge, one of its routes in `edge/wrangler.jsonc`; origins send purges there. */
  readonly edgeUrl: string
  readonly origin: {
    readonly instanceType: string
    /** One per core of `instanceType`. */
    readonly processesPerInstance: number
    /** Maximum number of MongoDB connections per process. */
    readonly poolSize: number
    /** Longest drain, in ms. The unit's stop timeout and the group's hook must be longer. */
    readonly drainTimeoutMs: number
    readonly logLevel: 'debug' | 'info' | 'warn'
  }
  /**
   * Public keys of Ed25519, as base64 of their DER form: an instance runs only what one of them has signed. Two while a
   * key is replaced. With none, an instance checks the digest in the release's name alone. `npm run release:key` makes
   * one.
   */
  readonly releaseKeys: readonly string[]
  readonly fleet: {
    readonly min: number
    readonly max: number
    /** Instances in the warm pool at the group's minimum: booted once, warmed up and stopped. */
    readonly warm: number
    /** Target of target tracking per process, about half of what one can carry. */
    readonly requestsPerSecondPerProcess: number
  }
  readonly connections: {
    readonly deploymentsInFlight: number
    readonly headroom: number
  }
  readonly tunnel: {
    /**
     * Cloudflare tunnels, each an origin of the edge (`ORIGINS`). The edge chooses between them; Cloudflare promises no
     * distribution between the connectors of one.
     */
    readonly tunnels: number
    /** `cloudflared` connectors of each tunnel, spread over the zones; the group grows by their CPU. */
    readonly connectors: { readonly min: number; readonly max: number }
    readonly instanceType: string
  }
  /** Monthly bill of AWS that triggers a notification, in US dollars. */
  readonly budgetDollars: number
  /** The same of Cloudflare. It counts requests, so bootstrap gives its notification the requests of this bill. */
  readonly edgeBudgetDollars: number
}

/** Neither the shared stage of developers nor a branch's has users whom an objective is promised to. */
export const promisesUsers = (stage: StageName): boolean => stage === 'staging' || stage === 'production'

export const databaseCapacity = ({ database }: StageConfig): DatabaseCapacity =>
  database.kind === 'documentdb'
    ? { instanceClass: database.instanceClass, instances: database.instances }
    : { ...database.limits, instances: database.instances }

/** @throws {Error} for a stage with another database */
export function documentDbOf({ stage, database }: StageConfig): DocumentDbSettings {
  if (database.kind === 'documentdb') return database
  throw new Error(`the database of ${stage} is MongoDB, and not a cluster of DocumentDB: ask its operator`)
}

export const connectionDemand = ({ fleet, origin, connections }: StageConfig): ConnectionDemand => ({
  instancesMax: fleet.max,
  processesPerInstance: origin.processesPerInstance,
  poolSize: origin.poolSize,
  ...connections,
})

/**
 * Instances in the warm pool of a group of `desired`. AWS keeps as many as the prepared capacity exceeds the desired
 * one (API reference, PutWarmPool, MaxGroupPreparedCapacity; no MinSize), so the pool empties as the group grows:
 * prepared instances never outnumber `preparedCapacity`, which is at most the maximum.
 */
export const warmPoolSize = (fleet: Pick<StageConfig['fleet'], 'min' | 'warm'>, desired: number): number =>
  Math.max(0, preparedCapacity(fleet) - desired)

/** `MaxGroupPreparedCapacity`: instances in service and in the warm pool together. */
export const preparedCapacity = ({ min, warm }: Pick<StageConfig['fleet'], 'min' | 'warm'>): number =>
  warm === 0 ? 0 : min + warm

/** Requests per minute at which target tracking adds an instance, as an ALB counts them per target. */
export const requestsPerTargetPerMinute = ({ fleet, origin }: StageConfig): number =>
  fleet.requestsPerSecondPerProcess * origin.processesPerInstance * 60

/** Requests/s that a connector with one processor carries at half load: measured, less what QUIC costs (decision 5). */
export const connectorRequestsPerSecond = 1_500

/** Connectors of all tunnels together. */
export const connectorsOf = ({ tunnels, connectors }: StageConfig['tunnel'], bound: 'min' | 'max'): number =>
  tunnels * connectors[bound]

/** Mistakes in a stage's settings, one sentence each; with none, it may be synthesized. */
export function checkStage(config: StageConfig): readonly string[] {
  const { fleet, database, tunnel, stage } = config
  const mistakes: string[] = []
  const need = (holds: boolean, words: string) => {
    if (!holds) mistakes.push(`${stage}: ${words}`)
  }
  need(fleet.min <= fleet.max, `fleet.min ${fleet.min} is above fleet.max ${fleet.max}`)
  need(fleet.min + fleet.warm <= fleet.max, `fleet.warm ${fleet.warm} has no room between min and max`)
  need(config.origin.drainTimeoutMs >= 1_000, 'origin.drainTimeoutMs is in milliseconds, at least 1000')
  for (const key of config.releaseKeys) {
    need(
      /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/.test(key),
      `releaseKeys has ${key}, which is not a public key of Ed25519`,
    )
  }
  for (const mistake of databaseMistakes(database)) need(false, mistake)
  const { min, max } = tunnel.connectors
  need(min < max, `tunnel.connectors.max ${max} leaves no room to replace or add one; more than ${min}`)
  const growsFrom = (fleet.min * requestsPerTargetPerMinute(config)) / 60
  const carries = connectorsOf(tunnel, 'max') * connectorRequestsPerSecond
  need(
    carries >= growsFrom,
    `the tunnels carry ${carries} requests/s, and the group grows only from ${growsFrom}: more connectors, or a lower target`,
  )
  if (!promisesUsers(stage)) return mistakes
  need(fleet.min >= 3, `fleet.min ${fleet.min} leaves a zone without an origin; at least 3`)
  need(database.instances >= 2, 'a database of one instance cannot fail over; at least 2')
  need(connectorsOf(tunnel, 'min') >= 2, 'one connector is a single point of failure; at least 2')
  if (stage === 'production') {
    need(database.protected, 'the production database must be protected')
    need(database.instances >= 3, 'production keeps a database instance in each zone; at least 3')
    need(tunnel.tunnels >= 2, 'one tunnel leaves the edge no other way in; at least 2')
    need(config.network.natGateways === 3, 'production keeps a NAT gateway in each zone')
  }
  return mistakes
}
