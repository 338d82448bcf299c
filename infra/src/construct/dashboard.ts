import { deadline } from '@spillway/origin/contract'
import { Aws, Duration } from 'aws-cdk-lib'
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling'
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  Metric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { DatabaseCluster } from 'aws-cdk-lib/aws-docdb'
import { HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { Construct } from 'constructs'
import { connectionBudget, explainBudget } from '../capacity.ts'
import {
  connectionDemand,
  databaseCapacity,
  requestsPerTargetPerMinute,
  type StageConfig,
} from '../config.ts'
import { growth } from '../scaling-rules.ts'
import { tunnelMetrics, tunnelNamespace } from '../tunnel-metrics.ts'
import { cloudWatchMetric } from './cloudwatch-metric.ts'
import { groupMetric } from './group-metric.ts'
import type { OriginEntrance } from './origin-entrance.ts'
import type { OriginSignals } from './origin-signals.ts'
import type { Tunnel } from './tunnel.ts'
import { tunnelDimensions } from './tunnel-dimensions.ts'

const minute = Duration.minutes(1)

export interface DashboardProps {
  readonly config: StageConfig
  readonly entrance: OriginEntrance
  readonly signals: OriginSignals
  readonly group: AutoScalingGroup
  readonly tunnels: readonly Tunnel[]
  /** `undefined` for a database that the stacks do not create. */
  readonly cluster: DatabaseCluster | undefined
}

/** Rows in the order of a request: user-visible symptoms, refusals, the way in, serving instances, database load. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id)
    const { config, entrance, signals, group, tunnels, cluster } = props
    const { metrics } = entrance.targets
    const budget = connectionBudget(databaseCapacity(config), connectionDemand(config))
    // "All dashboards in your account are global, not region-specific" (CloudFormation, AWS::CloudWatch::Dashboard).
    const board = new CloudWatchDashboard(this, 'Board', {
      dashboardName: `spillway-${config.stage}-${Aws.REGION}`,
    })
    const responseTime = (statistic: string) =>
      metrics.targetResponseTime({ period: minute, statistic, label: statistic })
    const database = (cluster: DatabaseCluster, metricName: string, statistic: string, label: string) =>
      new Metric({
        namespace: 'AWS/DocDB',
        metricName,
        dimensionsMap: { DBClusterIdentifier: cluster.clusterIdentifier },
        statistic,
        period: minute,
        label,
      })

    board.addWidgets(
      new TextWidget({
        width: 24,
        height: 3,
        markdown: `### spillway ${config.stage}\n\n\`\`\`\n${explainBudget(budget)}\n\`\`\``,
      }),
    )
    board.addWidgets(
      graph('Users: requests per minute', [
        metrics.requestCount({ period: minute, label: 'requests' }),
        metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, {
          period: minute,
          label: '5xx, shed included',
        }),
      ]),
      graph('Users: answer time (s)', [responseTime('p50'), responseTime('p99')], {
        line: deadline.budgetMs / 1_000,
        label: 'promise',
      }),
    )
    board.addWidgets(
      graph('Refused: shed (%)', [signals.shedShare], { line: 5, label: 'alarm' }),
      graph('Pressure: wait for a connection (ms)', [signals.poolWaitMs], {
        line: growth.poolWaitMs.from,
        label: 'grow',
      }),
    )
    board.addWidgets(
      graph(
        'Way in: connectors of each tunnel',
        tunnels.map(({ connectors, number }) =>
          groupMetric(connectors, 'GroupInServiceInstances', `tunnel ${number}`),
        ),
      ),
      graph(
        'Way in: requests in flight per connector',
        tunnels.map(({ number }) =>
          cloudWatchMetric(
            {
              ...{ namespace: tunnelNamespace, name: tunnelMetrics.inFlight, statistic: 'Average' },
              ...{ of: `tunnel ${number}`, label: `tunnel ${number}` },
            },
            tunnelDimensions(config.stage, tunnels),
          ),
        ),
      ),
    )
    board.addWidgets(
      graph('Fleet: instances', [
        groupMetric(group, 'GroupInServiceInstances'),
        groupMetric(group, 'GroupPendingInstances'),
        groupMetric(group, 'GroupTerminatingInstances'),
        groupMetric(group, 'WarmPoolWarmedCapacity'),
      ]),
      graph('Fleet: requests per target and minute', [metrics.requestCountPerTarget({ period: minute })], {
        line: requestsPerTargetPerMinute(config),
        label: 'target',
      }),
    )
    if (cluster === undefined) return
    board.addWidgets(
      graph('Database: connections', [database(cluster, 'DatabaseConnectionsMax', Stats.MAXIMUM, 'open')], {
        line: budget.allowed,
        label: 'allowed',
      }),
      graph('Database: busy (%)', [
        database(cluster, 'CPUUtilization', Stats.MAXIMUM, 'busiest instance'),
        database(cluster, 'BufferCacheHitRatio', Stats.MINIMUM, 'cache hits'),
      ]),
    )
  }
}

function graph(title: string, left: IMetric[], mark?: { line: number; label: string }): GraphWidget {
  return new GraphWidget({
    title,
    left,
    width: 12,
    height: 6,
    leftYAxis: { min: 0 },
    ...(mark && { leftAnnotations: [{ value: mark.line, label: mark.label }] }),
  })
}
