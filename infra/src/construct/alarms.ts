import { deadline } from '@spillway/origin/contract'
import { Duration } from 'aws-cdk-lib'
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling'
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { DatabaseCluster } from 'aws-cdk-lib/aws-docdb'
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { connectionBudget } from '../capacity.ts'
import { connectionDemand, databaseCapacity, documentDbOf, type StageConfig } from '../config.ts'
import { databaseClasses } from '../database-class.ts'
import type { OriginEntrance } from './origin-entrance.ts'
import type { OriginSignals } from './origin-signals.ts'

const minute = Duration.minutes(1)
const gib = 1_024 ** 3
/** Share of a request's time that the slowest of a hundred may take. */
const slowShare = 0.3

export interface Pledge {
  readonly metric: AlarmProps['metric']
  readonly threshold: number
  /** Number of bad minutes within five. @default 3 */
  readonly minutes?: number
  /** @default above */
  readonly when?: 'above' | 'below'
  /** Meaning of missing data. @default good */
  readonly silence?: 'good' | 'bad'
  /** Explanation, and the runbook to open. */
  readonly description: string
}

/** One alarm per service-level promise; each names its runbook. */
export class Alarms extends Construct {
  private readonly topic: ITopic
  private readonly stage: string

  constructor(
    scope: Construct,
    id: string,
    { topic, stage }: { readonly topic: ITopic; readonly stage: string },
  ) {
    super(scope, id)
    this.topic = topic
    this.stage = stage
  }

  /** Symptoms that users notice. A deployment that triggers one is rolled back. */
  forUsers(entrance: OriginEntrance, signals: OriginSignals): readonly Alarm[] {
    const { metrics } = entrance.targets
    const errors = new MathExpression({
      // A shed request is a 503 with Retry-After and has its own alarm, so it is subtracted here. Responses of the
      // balancer itself (no origin in service, connection cut) count as requests of no target.
      expression:
        '100 * (FILL(failed, 0) + FILL(unreached, 0) - FILL(shed, 0)) / (FILL(requests, 0) + FILL(unreached, 0))',
      usingMetrics: {
        unreached: entrance.balancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, {
          period: minute,
          statistic: Stats.SUM,
        }),
        failed: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, {
          period: minute,
          statistic: Stats.SUM,
        }),
        requests: metrics.requestCount({ period: minute, statistic: Stats.SUM }),
        shed: signals.shed,
      },
      period: minute,
      label: 'errors (%)',
    })
    return [
      this.keep('OriginErrors', {
        metric: errors,
        threshold: 1,
        description:
          'More than 1 % of what the edge asks ends in an error, sheds aside. Runbook: roll-back-origin, database-failover.',
      }),
      this.keep('OriginSlow', {
        metric: metrics.targetResponseTime({ period: minute, statistic: 'p99' }),
        // Below the deadline, at which the edge gives up: what takes that long has no response time at all.
        threshold: slowShare * (deadline.budgetMs / 1_000),
        description: 'p99 of admitted requests is over 30 % of the promised second. Runbook: scale-out.',
      }),
      this.keep('OriginUnready', {
        metric: metrics.unhealthyHostCount({ period: minute, statistic: Stats.MAXIMUM }),
        threshold: 0,
        minutes: 5,
        description:
          'An instance in service is not ready for 5 minutes. Runbook: inspect-instance, roll-back-origin.',
      }),
    ]
  }

  forLoad(signals: OriginSignals, config: StageConfig, group: AutoScalingGroup): void {
    this.keep('SignalsSilent', {
      metric: signals.reports,
      threshold: 1,
      when: 'below',
      minutes: 5,
      silence: 'bad',
      description:
        'No origin reports its pressure: the group grows by its targets alone. Runbook: inspect-instance.',
    })
    this.keep('Shedding', {
      metric: signals.shedShare,
      threshold: 5,
      description:
        'More than 5 % of requests are shed and scaling has not caught up. Runbook: scale-out, emergency-shed.',
    })
    this.keep('FleetAtMaximum', {
      metric: groupMetric(group, 'GroupInServiceInstances'),
      threshold: config.fleet.max - 1,
      minutes: 5,
      description:
        'The group runs at its maximum: the next wave is shed. Runbook: emergency-shed, bigger-database.',
    })
    this.keep('FleetTooSmall', {
      metric: groupMetric(group, 'GroupInServiceInstances'),
      threshold: config.fleet.min,
      when: 'below',
      minutes: 5,
      silence: 'bad',
      description:
        'Fewer origins in service than the minimum for 5 minutes. Runbook: inspect-instance, roll-back-origin.',
    })
  }

  forDatabase(cluster: DatabaseCluster, config: StageConfig): void {
    const metric = (metricName: string, statistic: string) =>
      new Metric({
        namespace: 'AWS/DocDB',
        metricName,
        dimensionsMap: { DBClusterIdentifier: cluster.clusterIdentifier },
        statistic,
        period: minute,
      })
    const { demanded, demand } = connectionBudget(databaseCapacity(config), connectionDemand(config))
    this.keep('DatabaseConnections', {
      metric: metric('DatabaseConnectionsMax', Stats.MAXIMUM),
      threshold: demanded - demand.headroom,
      minutes: 1,
      description:
        'More connections than all pools together may open: someone else is in the database. Runbook: database-clients.',
    })
    this.keep('DatabaseBusy', {
      metric: metric('CPUUtilization', Stats.MAXIMUM),
      threshold: 80,
      minutes: 5,
      description: 'A database instance is over 80 % busy. Runbook: bigger-database.',
    })
    this.keep('DatabaseMemory', {
      metric: metric('LowMemNumOperationsThrottled', Stats.SUM),
      threshold: 0,
      minutes: 1,
      description: 'The database throttles operations: it lacks memory. Runbook: bigger-database.',
    })
    const { cursors, memoryGib } = databaseClasses[documentDbOf(config).instanceClass]
    this.keep('DatabaseCursors', {
      metric: metric('DatabaseCursorsMax', Stats.MAXIMUM),
      threshold: 0.8 * cursors,
      description:
        'More than 80 % of the cursors that an instance allows are open. Runbook: bigger-database.',
    })
    this.keep('DatabaseMemoryLow', {
      metric: metric('FreeableMemory', Stats.MINIMUM),
      threshold: 0.1 * memoryGib * gib,
      when: 'below',
      minutes: 5,
      description: 'A database instance has less than a tenth of its memory left. Runbook: bigger-database.',
    })
    this.keep('DatabaseDisk', {
      metric: metric('FreeLocalStorage', Stats.MINIMUM),
      threshold: 2 * gib,
      when: 'below',
      minutes: 5,
      description:
        'A database instance has less than 2 GiB for temporary files: an index build or a sort is too large. Runbook: indexes, bigger-database.',
    })
    if (config.database.instances > 1) {
      this.keep('ReplicaLag', {
        metric: metric('DBClusterReplicaLagMaximum', Stats.MAXIMUM),
        threshold: 1_000,
        description: 'A reader is more than a second behind. Runbook: reboot-reader.',
      })
    }
  }

  /** Adds one alarm. */
  keep(name: string, pledge: Pledge): Alarm {
    const { metric, threshold, minutes = 3, when = 'above', silence = 'good', description } = pledge
    const alarm = new Alarm(this, name, {
      alarmName: `spillway-${this.stage}-${name}`,
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: 5,
      datapointsToAlarm: minutes,
      comparisonOperator:
        when === 'above' ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: silence === 'good' ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    })
    alarm.addAlarmAction(new SnsAction(this.topic))
    alarm.addOkAction(new SnsAction(this.topic))
    return alarm
  }
}

/** A metric of an Auto Scaling group. @param namespace the service, or the agent, that reports it */
export const groupMetric = (
  group: AutoScalingGroup,
  metricName: string,
  namespace = 'AWS/AutoScaling',
  statistic: string = Stats.AVERAGE,
): Metric =>
  new Metric({
    namespace,
    metricName,
    dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
    statistic,
    period: minute,
  })
