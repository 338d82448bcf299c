import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { StageName } from '../config.ts'
import { originMetrics, originNamespace, stageDimension } from '../origin-metrics.ts'

/** The origin's own metrics as CloudWatch sees them, over the whole group and one minute. */
export class OriginSignals {
  /** Worst wait for a connection, averaged over the processes. */
  readonly poolWaitMs: IMetric
  /** Connections that a process has open, averaged over the processes. */
  readonly poolConnections: IMetric
  readonly requests: IMetric
  readonly shed: IMetric
  /** Share of requests that the origin refused, per cent. */
  readonly shedShare: IMetric

  constructor(stage: StageName) {
    const metric = (metricName: string, statistic: string, label: string) =>
      new Metric({
        namespace: originNamespace,
        metricName,
        dimensionsMap: { [stageDimension]: stage },
        statistic,
        period: Duration.minutes(1),
        label,
      })
    this.poolWaitMs = metric(originMetrics.poolWaitMs, Stats.AVERAGE, 'wait for a connection (ms)')
    this.poolConnections = metric(originMetrics.poolConnections, Stats.AVERAGE, 'connections per process')
    this.requests = metric(originMetrics.requests, Stats.SUM, 'requests')
    this.shed = metric(originMetrics.shed, Stats.SUM, 'shed')
    this.shedShare = new MathExpression({
      expression: '100 * FILL(shed, 0) / IF(requests > 0, requests, 1)',
      usingMetrics: { shed: this.shed, requests: this.requests },
      period: Duration.minutes(1),
      label: 'shed (%)',
    })
  }
}
