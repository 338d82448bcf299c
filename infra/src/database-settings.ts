import type { DatabaseClass } from './database-class.ts'
import type { AtlasTier } from './mongodb-tier.ts'

/** Database of a stage: a cluster that the stage's stacks create, or one that exists elsewhere. */
export type DatabaseSettings = DocumentDbSettings | MongoDbSettings

export interface DocumentDbSettings {
  readonly kind: 'documentdb'
  readonly instanceClass: DatabaseClass
  readonly instances: number
  readonly backupRetentionDays: number
  /** Keeps the cluster and its final snapshot when someone deletes the stack. */
  readonly protected: boolean
  /** Region that receives copies of the daily backups, for the loss of a region. @default no copies */
  readonly backupCopyRegion?: string
}

/**
 * A replica set of MongoDB that somebody else runs: Atlas, or machines of your own. The stacks create only the secret
 * with the origin's credentials and the way to it; backups, alarms and upgrades are its operator's.
 */
export interface MongoDbSettings {
  readonly kind: 'mongodb'
  /** Limits: of a tier of Atlas, or the `net.maxIncomingConnections` of each member. */
  readonly limits: { readonly atlas: AtlasTier } | { readonly connections: number }
  /** Members that can be elected. */
  readonly instances: number
  /** `NAME` of an SRV record (`mongodb+srv://`), or `HOST:PORT,HOST:PORT,…` of the members. */
  readonly hosts: string
  /** Name of the replica set; not for an SRV record, which has it. */
  readonly replicaSet?: string
  /** Networks of the members, to which the origins may dial: of a peering connection, an endpoint, or Atlas's own. */
  readonly networks: readonly string[]
  /** Whether the stage has people's data: its stacks are protected from deletion. */
  readonly protected: boolean
}

const isSrv = ({ hosts }: MongoDbSettings): boolean => !/[:,]/.test(hosts)

/** Ports that the members listen on. An SRV record names them; Atlas uses 27015 to 27017. */
export function portsOf(settings: MongoDbSettings): readonly (readonly [first: number, last: number])[] {
  if (isSrv(settings)) return [[27_015, 27_017]]
  const ports = new Set(settings.hosts.split(',').map((host) => Number(host.split(':')[1] ?? 27_017)))
  return [...ports].sort((one, other) => one - other).map((port) => [port, port])
}

/** Settings from which an instance makes its connection string, beside the credentials (`instance/configure.ts`). */
export interface ConnectionSettings {
  readonly scheme: 'mongodb' | 'mongodb+srv'
  readonly options: string
}

/** @param authorities file of the certificate authorities on an instance */
export function connectionSettings(settings: DatabaseSettings, authorities: string): ConnectionSettings {
  if (settings.kind === 'documentdb') {
    // DocumentDB supports retryable writes only from 8.0 on; idempotency keys make retries safe.
    const options = { replicaSet: 'rs0', tls: 'true', tlsCAFile: authorities, retryWrites: 'false' }
    return { scheme: 'mongodb', options: new URLSearchParams(options).toString() }
  }
  // Users of MongoDB are in the database `admin`. Certificates are checked against the system's authorities.
  const options = new URLSearchParams({ tls: 'true', authSource: 'admin', retryWrites: 'true' })
  if (settings.replicaSet !== undefined) options.set('replicaSet', settings.replicaSet)
  return { scheme: isSrv(settings) ? 'mongodb+srv' : 'mongodb', options: options.toString() }
}

/** Needs of an application that a database does not meet, or mistakes in its settings: one sentence each. */
export function databaseMistakes(settings: DatabaseSettings): readonly string[] {
  if (settings.kind === 'documentdb') return []
  const mistakes: string[] = []
  const { hosts, replicaSet, networks, limits } = settings
  if (!/^[a-z0-9.-]+(:\d+)?(,[a-z0-9.-]+(:\d+)?)*$/i.test(hosts)) {
    mistakes.push(`database.hosts must be the name of an SRV record, or HOST:PORT,HOST:PORT; it is ${hosts}`)
  }
  if (isSrv(settings) && replicaSet !== undefined) {
    mistakes.push('database.replicaSet must not be set with an SRV record, which names it')
  }
  if (!isSrv(settings) && replicaSet === undefined) {
    mistakes.push('database.replicaSet must be set: majority writes need a replica set')
  }
  if ('connections' in limits && !(Number.isSafeInteger(limits.connections) && limits.connections > 0)) {
    mistakes.push('database.limits.connections must be the net.maxIncomingConnections of a member, above 0')
  }
  if (networks.length === 0) mistakes.push('database.networks is empty: no origin could reach the database')
  for (const network of networks) {
    if (!/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(network)) {
      mistakes.push(`database.networks has ${network}, which is not an IPv4 network such as 10.8.0.0/21`)
    } else if (network.endsWith('/0')) {
      mistakes.push(
        `database.networks has ${network}: name the networks of the members, not the whole internet`,
      )
    }
  }
  return mistakes
}
