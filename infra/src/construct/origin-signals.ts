import type { Priority, SloCounts } from '@spillway/origin/contract'
import type { Duration } from 'aws-cdk-lib'
import { type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { poolWaitMs, shedShare } from '../alarms/signals.ts'
import type { StageName } from '../config.ts'
import { originNamespace, priorityDimension, sloMetrics, stageDimension } from '../origin-metrics.ts'
import { cloudWatchMetric } from './cloudwatch-metric.ts'

/** The origin's own metrics in CloudWatch, over the whole group and one minute. */
export class OriginSignals {
  /** Wait for a database connection, ms: each instance's p99, averaged over the group. */
  readonly poolWaitMs: IMetric
  /** Percentage of requests that the origin refused. */
  readonly shedShare: IMetric
  private readonly stage: StageName

  constructor(stage: StageName) {
    this.stage = stage
    const dimensions = { stage: { [stageDimension]: stage } }
    this.poolWaitMs = cloudWatchMetric(poolWaitMs, dimensions)
    this.shedShare = cloudWatchMetric(shedShare, dimensions)
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
