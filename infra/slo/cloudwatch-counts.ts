import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { noSloCounts, priorities, type SloCounts } from '@spillway/origin/contract'
import { originNamespace, priorityDimension, sloMetrics, stageDimension } from '../src/origin-metrics.ts'
import type { CountBucket } from './count-series.ts'

export interface CloudWatchSpan {
  readonly stage: string
  /** Ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  /** Length of a bucket: a multiple of a minute. */
  readonly seconds: number
}

/** Names of the counts, in the order of the queries. */
// The cast is safe: the keys of a constant object.
const names = Object.keys(sloMetrics) as readonly (keyof SloCounts)[]

/** Counts of the origins in CloudWatch. Needs `cloudwatch:GetMetricData`, and no more. */
export async function countsInCloudWatch(
  client: Pick<CloudWatchClient, 'send'>,
  { stage, fromMs, toMs, seconds }: CloudWatchSpan,
): Promise<readonly CountBucket[]> {
  const queries = priorities.flatMap((priority) =>
    names.map(
      (name): MetricDataQuery => ({
        Id: `${name}_${priority}`,
        MetricStat: {
          Metric: {
            Namespace: originNamespace,
            MetricName: sloMetrics[name],
            Dimensions: [
              { Name: stageDimension, Value: stage },
              { Name: priorityDimension, Value: priority },
            ],
          },
          Period: seconds,
          Stat: 'Sum',
        },
      }),
    ),
  )
  const byStart = new Map<number, Record<string, SloCounts>>()
  let page: string | undefined
  do {
    const { MetricDataResults = [], NextToken } = await client.send(
      new GetMetricDataCommand({
        MetricDataQueries: queries,
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        ...(page !== undefined && { NextToken: page }),
      }),
    )
    for (const { Id = '', Timestamps = [], Values = [] } of MetricDataResults) {
      const [name = '', priority = ''] = Id.split('_')
      for (const [index, at] of Timestamps.entries()) {
        const counts = byStart.get(at.getTime()) ?? {}
        byStart.set(at.getTime(), counts)
        counts[priority] = { ...(counts[priority] ?? noSloCounts), [name]: Values[index] ?? 0 }
      }
    }
    page = NextToken
  } while (page !== undefined)
  return [...byStart].map(([fromMs, counts]) => ({ fromMs, counts }))
}
