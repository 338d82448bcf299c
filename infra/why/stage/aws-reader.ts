import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  type Instance,
} from '@aws-sdk/client-auto-scaling'
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeEventsCommand, DocDBClient } from '@aws-sdk/client-docdb'
import { connectionBudget } from '../../src/capacity.ts'
import { connectionDemand, databaseCapacity, type StageConfig } from '../../src/config.ts'
import { stageDimension } from '../../src/origin-metrics.ts'
import { tunnelDimension, tunnelMetrics, tunnelNamespace } from '../../src/tunnel-metrics.ts'
import { calmOrigin, type OriginSigns, type Signs } from '../signs.ts'
import { type LogRows, originQuery, originsOf, queryLog } from './origin-log.ts'

/** Endpoint and credentials. @default as `aws` does: the environment, a profile, or the instance */
export interface AwsAccess {
  readonly region: string
  readonly endpoint?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export interface GroupState {
  readonly name: string
  readonly inService: number
  readonly desired: number
  readonly max: number
  /** Instances by the version of their launch template, which changes with each release. */
  readonly versions: Readonly<Record<string, number>>
}

/** Age of the oldest figures that count as now, seconds: metrics arrive up to two minutes late. */
const recentSeconds = 300

/** Reads what a stage reports in AWS, with the permissions of the output _ObserverPolicy_. */
export class AwsReader {
  readonly #config: StageConfig
  readonly #groups: AutoScalingClient
  readonly metrics: CloudWatchClient
  readonly #logs: CloudWatchLogsClient
  readonly #database: DocDBClient

  constructor(config: StageConfig, access: AwsAccess) {
    this.#config = config
    this.#groups = new AutoScalingClient(access)
    this.metrics = new CloudWatchClient(access)
    this.#logs = new CloudWatchLogsClient(access)
    this.#database = new DocDBClient(access)
  }

  /** Origins that report, and instances that the group says are ending or sick. */
  async origins(): Promise<readonly OriginSigns[]> {
    const { stage } = this.#config
    const [rows, instances] = await Promise.all([
      queryLog(this.#logs, {
        group: `/spillway/${stage}/metrics`,
        query: originQuery,
        seconds: recentSeconds,
      }),
      this.#instances(`spillway-origin-${stage}`),
    ])
    const reporting = originsOf(rows)
    const silent =
      reporting.length === 0 ? [{ ...calmOrigin, name: 'the group of origins', isLive: false }] : []
    return [...reporting, ...silent, ...instances.flatMap(troubled)]
  }

  /** The groups of origins and connectors. */
  async groups(): Promise<readonly GroupState[]> {
    const { stage, tunnel } = this.#config
    const names = [
      `spillway-origin-${stage}`,
      ...Array.from({ length: tunnel.tunnels }, (_, index) => `spillway-tunnel-${stage}-${index + 1}`),
    ]
    const { AutoScalingGroups = [] } = await this.#groups.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: names }),
    )
    return AutoScalingGroups.map(
      ({ AutoScalingGroupName = '', Instances = [], DesiredCapacity = 0, MaxSize = 0 }) => ({
        name: AutoScalingGroupName,
        inService: Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').length,
        desired: DesiredCapacity,
        max: MaxSize,
        versions: countOf(Instances.map(({ LaunchTemplate }) => LaunchTemplate?.Version ?? '?')),
      }),
    )
  }

  /** Tunnels, and whether any of their connectors is connected. */
  async ways(): Promise<Signs['ways']> {
    const { stage, tunnel } = this.#config
    const numbers = Array.from({ length: tunnel.tunnels }, (_, index) => String(index + 1))
    const values = await this.#latest(
      numbers.map((number) => ({
        Id: `tunnel${number}`,
        MetricStat: {
          Metric: {
            Namespace: tunnelNamespace,
            MetricName: tunnelMetrics.connections,
            Dimensions: [
              { Name: stageDimension, Value: stage },
              { Name: tunnelDimension, Value: number },
            ],
          },
          Period: 60,
          Stat: 'Maximum',
        },
      })),
    )
    return numbers.map((number) => ({
      name: `tunnel ${number}`,
      isOpen: (values[`tunnel${number}`] ?? 0) > 0,
    }))
  }

  async database(): Promise<NonNullable<Signs['database']>> {
    const cluster = `spillway-${this.#config.stage}`
    const metric = (id: string, name: string): MetricDataQuery => ({
      Id: id,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/DocDB',
          MetricName: name,
          Dimensions: [{ Name: 'DBClusterIdentifier', Value: cluster }],
        },
        Period: 60,
        Stat: 'Maximum',
      },
    })
    const [values, failoverAt] = await Promise.all([
      this.#latest([metric('busy', 'CPUUtilization'), metric('connections', 'DatabaseConnectionsMax')]),
      this.#failover(cluster),
    ])
    const { demanded } = connectionBudget(databaseCapacity(this.#config), connectionDemand(this.#config))
    return {
      busyPercent: values.busy,
      connections: values.connections,
      connectionsBudget: demanded,
      failoverAt,
    }
  }

  /** Lines of the origins about one request. */
  async requestLines(requestId: string): Promise<LogRows> {
    return await queryLog(this.#logs, {
      group: `/spillway/${this.#config.stage}/origin`,
      query: `fields @timestamp, @message | filter requestId = ${JSON.stringify(requestId)} | sort @timestamp`,
      seconds: 24 * 3_600,
    })
  }

  async #instances(name: string): Promise<readonly Instance[]> {
    const { AutoScalingGroups = [] } = await this.#groups.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
    )
    const [group] = AutoScalingGroups
    if (group === undefined) throw new Error(`there is no group ${name}: check AWS_REGION and the account`)
    return group.Instances ?? []
  }

  /** The newest value of each metric; none where it has reported nothing. */
  async #latest(queries: MetricDataQuery[]): Promise<Readonly<Record<string, number>>> {
    const now = Date.now()
    const { MetricDataResults = [] } = await this.metrics.send(
      new GetMetricDataCommand({
        MetricDataQueries: queries,
        StartTime: new Date(now - recentSeconds * 1_000),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
      }),
    )
    return Object.fromEntries(
      MetricDataResults.flatMap(({ Id = '', Values: [value] = [] }) =>
        value === undefined ? [] : [[Id, value]],
      ),
    )
  }

  /** Time of the last failover within the last hour, RFC 3339. */
  async #failover(cluster: string): Promise<string | undefined> {
    const { Events = [] } = await this.#database.send(
      new DescribeEventsCommand({ SourceType: 'db-cluster', SourceIdentifier: cluster, Duration: 60 }),
    )
    const failovers = Events.filter(({ EventCategories = [] }) => EventCategories.includes('failover'))
    return failovers.at(-1)?.Date?.toISOString()
  }
}

function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

const troubled = ({
  InstanceId: name = '',
  LifecycleState,
  HealthStatus = '',
}: Instance): readonly OriginSigns[] => {
  if (LifecycleState?.startsWith('Terminating'))
    return [{ ...calmOrigin, name, failing: { drain: 'the group is ending this instance' } }]
  if (LifecycleState === 'InService' && HealthStatus.toLowerCase() === 'unhealthy')
    return [{ ...calmOrigin, name, isLive: false }]
  return []
}
