import * as client from '@aws-sdk/client-docdb'
import { Fault, type Fields } from './protocol.ts'
import type { Service } from './server.ts'
import { account, region, type StackTemplate } from './template.ts'

interface Instance {
  name: string
  cluster: string
  klass: string
  status: string
}
export interface Cluster {
  name: string
  readonly port: number
  readonly subnets: string
  readonly security: string
  parameters: string
  writer: string
  password: string
  logs: readonly string[]
  status: string
}

/** Clusters and instances. A new one is available at the second look. */
export class DocumentDb {
  readonly clusters = new Map<string, Cluster>()
  readonly instances = new Map<string, Instance>()
  /** Harm that the real service would let happen. */
  readonly harm: string[] = []

  constructor(template: StackTemplate) {
    for (const [, properties] of template.ofType('AWS::DocDB::DBCluster')) {
      const name = String(properties.DBClusterIdentifier)
      this.clusters.set(name, {
        name,
        port: Number(properties.Port),
        subnets: String(properties.DBSubnetGroupName),
        security: String((properties.VpcSecurityGroupIds as unknown[])[0]),
        parameters: String(properties.DBClusterParameterGroupName),
        writer: '',
        password: 'of the template',
        logs: ['audit', 'profiler'],
        status: 'available',
      })
      for (const [, { DBInstanceIdentifier, DBInstanceClass }] of template.ofType('AWS::DocDB::DBInstance')) {
        this.instances.set(String(DBInstanceIdentifier), {
          name: String(DBInstanceIdentifier),
          cluster: name,
          klass: String(DBInstanceClass),
          status: 'available',
        })
      }
      this.cluster(name).writer = this.membersOf(name)[0]?.name ?? ''
    }
  }

  cluster(name: unknown): Cluster {
    const cluster = this.clusters.get(String(name))
    if (cluster === undefined) throw new Fault('DBClusterNotFoundFault', `DBCluster ${name} not found.`)
    return cluster
  }

  membersOf(cluster: string): readonly Instance[] {
    return [...this.instances.values()].filter((instance) => instance.cluster === cluster)
  }

  #instance(name: unknown): Instance {
    const instance = this.instances.get(String(name))
    if (instance === undefined) throw new Fault('DBInstanceNotFound', `DBInstance ${name} not found.`)
    return instance
  }

  /** A cluster made of a backup, by either way. It has no instance, and the users of that time. */
  restored(
    name: string,
    { port, subnets, security }: { port: number; subnets: string; security: string },
  ): void {
    if (this.clusters.has(name))
      throw new Fault('DBClusterAlreadyExistsFault', `DB Cluster ${name} already exists`)
    if (![...this.clusters.values()].some((cluster) => cluster.subnets === subnets)) {
      throw new Fault('DBSubnetGroupNotFoundFault', `DB subnet group '${subnets}' does not exist`)
    }
    this.clusters.set(name, {
      ...{ name, port, subnets, security, parameters: 'default.docdb5.0', writer: '' },
      ...{ password: 'of the backup', logs: [], status: 'creating' },
    })
  }

  get service(): Service {
    const onCluster =
      (action: string) =>
      ({ DBClusterIdentifier }: Fields) => [
        { action: `rds:${action}`, resource: arn('cluster', DBClusterIdentifier) },
      ]
    return {
      protocol: 'query',
      client,
      operations: {
        DescribeDBClusters: {
          wants: () => [{ action: 'rds:DescribeDBClusters', resource: arn('cluster', '*') }],
          answer: ({ DBClusterIdentifier }) => {
            const found =
              DBClusterIdentifier === undefined
                ? [...this.clusters.values()]
                : [this.cluster(DBClusterIdentifier)]
            const DBClusters = found.map((cluster) => this.#described(cluster))
            for (const cluster of found) cluster.status = 'available'
            return { DBClusters }
          },
        },
        DescribeDBInstances: {
          wants: () => [{ action: 'rds:DescribeDBInstances', resource: arn('db', '*') }],
          answer: ({ DBInstanceIdentifier }) => {
            const found =
              DBInstanceIdentifier === undefined
                ? [...this.instances.values()]
                : [this.#instance(DBInstanceIdentifier)]
            const DBInstances = found.map(({ name, cluster, klass, status }) => ({
              DBInstanceIdentifier: name,
              DBClusterIdentifier: cluster,
              DBInstanceClass: klass,
              DBInstanceStatus: status,
            }))
            for (const instance of found) instance.status = 'available'
            return { DBInstances }
          },
        },
        FailoverDBCluster: {
          wants: onCluster('FailoverDBCluster'),
          answer: ({ DBClusterIdentifier, TargetDBInstanceIdentifier }) => {
            const cluster = this.cluster(DBClusterIdentifier)
            const readers = this.membersOf(cluster.name).filter(({ name }) => name !== cluster.writer)
            const target = readers.find(
              ({ name }) => name === (TargetDBInstanceIdentifier ?? readers[0]?.name),
            )
            if (target === undefined) {
              throw new Fault(
                'InvalidDBClusterStateFault',
                `no reader ${TargetDBInstanceIdentifier ?? ''} to fail over to`,
              )
            }
            cluster.writer = target.name
            return {}
          },
        },
        RebootDBInstance: {
          wants: ({ DBInstanceIdentifier }) => [
            { action: 'rds:RebootDBInstance', resource: arn('db', DBInstanceIdentifier) },
          ],
          answer: ({ DBInstanceIdentifier }) => {
            this.#instance(DBInstanceIdentifier).status = 'rebooting'
            return {}
          },
        },
        ModifyDBCluster: {
          wants: ({ DBClusterIdentifier, NewDBClusterIdentifier, DBClusterParameterGroupName }) => [
            { action: 'rds:ModifyDBCluster', resource: arn('cluster', DBClusterIdentifier) },
            ...(NewDBClusterIdentifier === undefined
              ? []
              : [{ action: 'rds:ModifyDBCluster', resource: arn('cluster', NewDBClusterIdentifier) }]),
            ...(DBClusterParameterGroupName === undefined
              ? []
              : [
                  { action: 'rds:ModifyDBCluster', resource: arn('cluster-pg', DBClusterParameterGroupName) },
                ]),
          ],
          answer: (input) => this.#modifyCluster(input),
        },
        ModifyDBInstance: {
          wants: ({ DBInstanceIdentifier, NewDBInstanceIdentifier }) =>
            [DBInstanceIdentifier, NewDBInstanceIdentifier]
              .filter((name) => name !== undefined)
              .map((name) => ({ action: 'rds:ModifyDBInstance', resource: arn('db', name) })),
          answer: (input) => this.#modifyInstance(input),
        },
        CreateDBInstance: {
          wants: ({ DBInstanceIdentifier, DBClusterIdentifier }) => [
            { action: 'rds:CreateDBInstance', resource: arn('db', DBInstanceIdentifier) },
            { action: 'rds:CreateDBInstance', resource: arn('cluster', DBClusterIdentifier) },
          ],
          answer: ({ DBInstanceIdentifier, DBClusterIdentifier, DBInstanceClass, Engine }) => {
            const cluster = this.cluster(DBClusterIdentifier)
            const name = String(DBInstanceIdentifier)
            if (this.instances.has(name)) throw new Fault('DBInstanceAlreadyExists', `${name} already exists`)
            if (Engine !== 'docdb') throw new Fault('InvalidParameterValue', `Invalid DB engine: ${Engine}`)
            if (!/^db\.\w+\.\w+$/.test(String(DBInstanceClass)))
              throw new Fault('InvalidParameterValue', `Invalid DB Instance class: ${DBInstanceClass}`)
            this.instances.set(name, {
              name,
              cluster: cluster.name,
              klass: String(DBInstanceClass),
              status: 'creating',
            })
            if (cluster.writer === '') cluster.writer = name
            return {}
          },
        },
        RestoreDBClusterToPointInTime: {
          wants: ({ SourceDBClusterIdentifier, DBClusterIdentifier, DBSubnetGroupName }) => [
            ...[SourceDBClusterIdentifier, DBClusterIdentifier].map((name) => ({
              action: 'rds:RestoreDBClusterToPointInTime',
              resource: arn('cluster', name),
            })),
            { action: 'rds:RestoreDBClusterToPointInTime', resource: arn('subgrp', DBSubnetGroupName) },
          ],
          answer: (input) => {
            this.cluster(input.SourceDBClusterIdentifier)
            const time = new Date(String(input.RestoreToTime)).getTime()
            if (!(time >= earliest.getTime() && time <= latest.getTime())) {
              throw new Fault('InvalidRestoreFault', `cannot restore to ${input.RestoreToTime}`)
            }
            this.restored(String(input.DBClusterIdentifier), {
              port: Number(input.Port ?? 27_017),
              subnets: String(input.DBSubnetGroupName ?? 'default'),
              security: String((input.VpcSecurityGroupIds as string[] | undefined)?.[0] ?? 'default'),
            })
            return {}
          },
        },
      },
    }
  }

  #described({ name, port, subnets, security, parameters, status, writer }: Cluster): Fields {
    return {
      ...{
        DBClusterIdentifier: name,
        Port: port,
        DBSubnetGroup: subnets,
        DBClusterParameterGroup: parameters,
      },
      ...{ Status: status, Endpoint: `${name}.cluster-x.${region}.docdb.amazonaws.com` },
      ...{ EarliestRestorableTime: earliest, LatestRestorableTime: latest },
      VpcSecurityGroups: [{ VpcSecurityGroupId: security, Status: 'active' }],
      DBClusterMembers: this.membersOf(name).map((member) => ({
        DBInstanceIdentifier: member.name,
        IsClusterWriter: member.name === writer,
      })),
    }
  }

  #modifyCluster(input: Fields): Fields {
    const cluster = this.cluster(input.DBClusterIdentifier)
    if (cluster.status !== 'available')
      throw new Fault('InvalidDBClusterStateFault', `${cluster.name} is ${cluster.status}`)
    const logs = input.CloudwatchLogsExportConfiguration as { EnableLogTypes?: string[] } | undefined
    cluster.logs = logs?.EnableLogTypes ?? cluster.logs
    cluster.parameters = String(input.DBClusterParameterGroupName ?? cluster.parameters)
    cluster.password = String(input.MasterUserPassword ?? cluster.password)
    if (/[/"@:]/.test(cluster.password))
      throw new Fault('InvalidParameterValue', 'The password has a character that is not allowed')
    if (input.NewDBClusterIdentifier === undefined) return {}
    // Otherwise the change waits for the maintenance window.
    if (input.ApplyImmediately !== true) return {}
    const fresh = String(input.NewDBClusterIdentifier)
    if (this.clusters.has(fresh))
      throw new Fault('DBClusterAlreadyExistsFault', `DB Cluster ${fresh} already exists`)
    if (cluster.password === 'of the backup') this.harm.push(`${fresh} has passwords that no secret names`)
    for (const member of this.membersOf(cluster.name)) member.cluster = fresh
    this.clusters.delete(cluster.name)
    cluster.name = fresh
    this.clusters.set(fresh, cluster)
    return {}
  }

  #modifyInstance({
    DBInstanceIdentifier,
    NewDBInstanceIdentifier,
    DBInstanceClass,
    ApplyImmediately,
  }: Fields): Fields {
    const instance = this.#instance(DBInstanceIdentifier)
    if (ApplyImmediately !== true) return {}
    if (DBInstanceClass !== undefined) instance.klass = String(DBInstanceClass)
    if (NewDBInstanceIdentifier === undefined) return {}
    const fresh = String(NewDBInstanceIdentifier)
    if (this.instances.has(fresh)) throw new Fault('DBInstanceAlreadyExists', `${fresh} already exists`)
    const cluster = this.clusters.get(instance.cluster)
    if (cluster?.writer === instance.name) cluster.writer = fresh
    this.instances.delete(instance.name)
    instance.name = fresh
    this.instances.set(fresh, instance)
    return {}
  }
}

const earliest = new Date('2026-11-15T00:00:00Z')
const latest = new Date('2026-11-29T00:00:00Z')

const arn = (kind: string, name: unknown): string => `arn:aws:rds:${region}:${account}:${kind}:${name}`
