import type { Priority, SloCounts } from '@spillway/origin/contract'
import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { StageName } from '../config.ts'
import {
  originMetrics,
  originNamespace,
  priorityDimension,
  sloMetrics,
  stageDimension,
} from '../origin-metrics.ts'

const period = Duration.minutes(1)

/** The origin's own metrics in CloudWatch, over the whole group and one minute. */
export class OriginSignals {
  /** Wait for a database connection, ms: each instance's p99, averaged over the group. */
  readonly poolWaitMs: IMetric
  /** Number of reports by instances: several per minute each, whatever the load. */
  readonly reports: IMetric
  readonly shed: IMetric
  /** Percentage of requests that the origin refused. */
  readonly shedShare: IMetric
  private readonly stage: StageName

  constructor(stage: StageName) {
    this.stage = stage
    const metric = (metricName: string, statistic: string, label: string) =>
      new Metric({
        namespace: originNamespace,
        metricName,
        dimensionsMap: { [stageDimension]: stage },
        statistic,
        period,
        label,
      })
    this.poolWaitMs = new MathExpression({
      expression: '1000 * wait',
      usingMetrics: { wait: metric(originMetrics.poolWait, Stats.AVERAGE, 'wait (s)') },
      period,
      label: 'wait for a connection (ms)',
    })
    this.reports = metric(originMetrics.poolWait, Stats.SAMPLE_COUNT, 'reports')
    this.shed = metric(originMetrics.shed, Stats.SUM, 'shed')
    this.shedShare = new MathExpression({
      // A minute without requests has no share, and missing data raises no alarm.
      expression: '100 * FILL(shed, 0) / (FILL(shed, 0) + admitted)',
      usingMetrics: { shed: this.shed, admitted: metric(originMetrics.admitted, Stats.SUM, 'admitted') },
      period,
      label: 'shed (%)',
    })
  }

  /** A count of the answers of one priority, as the objectives judge them. */
  sloCount(name: keyof SloCounts, priority: Priority, span: Duration): IMetric {
    return new Metric({
      namespace: originNamespace,
      metricName: sloMetrics[name],
      dimensionsMap: { [stageDimension]: this.stage, [priorityDimension]: priority },
      statistic: Stats.SUM,
      period: span,
      label: name,
    })
  }
}
