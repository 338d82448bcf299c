import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { MathMetric, PlainMetric, Publisher } from '../alarms/threshold-alarm.ts'

/** Dimensions of the metrics of each publisher. */
export type Dimensions = Readonly<Partial<Record<Publisher, Readonly<Record<string, string>>>>>

/** @throws {RangeError} for a publisher without dimensions */
export function cloudWatchMetric(
  metric: PlainMetric | MathMetric,
  dimensions: Dimensions,
  periodSeconds = 60,
): IMetric {
  const period = Duration.seconds(periodSeconds)
  if ('expression' in metric) {
    const { expression, label, metrics } = metric
    const usingMetrics = Object.fromEntries(
      Object.entries(metrics).map(([id, each]) => [id, cloudWatchMetric(each, dimensions, periodSeconds)]),
    )
    return new MathExpression({ expression, usingMetrics, period, label })
  }
  const { namespace, name, of, statistic, label } = metric
  const dimensionsMap = dimensions[of]
  if (dimensionsMap === undefined) throw new RangeError(`no dimensions of ${of} for the metric ${name}`)
  return new Metric({
    namespace,
    metricName: name,
    dimensionsMap,
    statistic,
    period,
    ...(label && { label }),
  })
}
