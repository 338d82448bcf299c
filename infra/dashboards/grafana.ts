import { priorities } from '@spillway/origin/contract'
import { analyticsColumns as column } from '../../edge/src/observe/analytics-columns.ts'
import {
  originMetrics,
  originNamespace,
  priorityDimension,
  releaseDimension,
  releaseMetrics,
  sloMetrics,
  stageDimension,
} from '../src/origin-metrics.ts'
import { tunnelDimension, tunnelMetrics, tunnelNamespace } from '../src/tunnel-metrics.ts'

/**
 * A dashboard of both tiers for Grafana: the edge by Analytics Engine, through the plugin of Altinity for ClickHouse as
 * Cloudflare's documentation describes ("Querying from Grafana"), the rest by Grafana's own source for CloudWatch.
 */
const edgeSource = { type: 'vertamedia-clickhouse-datasource', uid: '$edge' }
const cloudSource = { type: 'cloudwatch', uid: '$cloudwatch' }

type Target = Readonly<Record<string, unknown>>
interface Chart {
  readonly title: string
  readonly unit: string
  readonly targets: readonly Target[]
}

const answers = `_sample_interval * ${column.weight}`
const minute = 'intDiv(toUInt32(timestamp), 60) * 60 * 1000 AS t'

/** @param by column of the series; @param value its value in each minute */
const edge = (by: string, value: string): Target => ({
  datasource: edgeSource,
  refId: 'A',
  format: 'time_series',
  rawQuery: true,
  query: `SELECT ${minute}, ${by} AS series, ${value} AS value FROM $dataset WHERE $timeFilter AND ${by} != '' GROUP BY t, series ORDER BY t`,
})

/** A metric by stage and further dimensions. */
const cloud = (refId: string, { namespace, metric, statistic, dimensions = {} }: CloudMetric): Target => ({
  datasource: cloudSource,
  refId,
  queryMode: 'Metrics',
  metricQueryType: 0,
  metricEditorMode: 0,
  region: 'default',
  namespace,
  metricName: metric,
  statistic,
  period: '60',
  matchExact: true,
  dimensions: { [stageDimension]: '$stage', ...dimensions },
})

interface CloudMetric {
  readonly namespace: string
  readonly metric: string
  readonly statistic: 'Sum' | 'Average' | 'Maximum'
  readonly dimensions?: Readonly<Record<string, string>>
}

const letter = (index: number): string => String.fromCharCode(65 + index)

const byPriority = (metric: string): readonly Target[] =>
  priorities.map((priority, index) =>
    cloud(letter(index), {
      namespace: originNamespace,
      metric,
      statistic: 'Sum',
      dimensions: { [priorityDimension]: priority },
    }),
  )

const ofOrigin = (metric: string, statistic: CloudMetric['statistic']): readonly Target[] => [
  cloud('A', { namespace: originNamespace, metric, statistic }),
]

const ofTunnel = (metric: string, statistic: CloudMetric['statistic']): readonly Target[] => [
  cloud('A', { namespace: tunnelNamespace, metric, statistic, dimensions: { [tunnelDimension]: '*' } }),
]

const byRelease = (metric: string, statistic: CloudMetric['statistic']): readonly Target[] => [
  cloud('A', { namespace: originNamespace, metric, statistic, dimensions: { [releaseDimension]: '*' } }),
]

/** Charts in the order of a request. */
const charts: readonly Chart[] = [
  { title: 'Edge: answers per minute', unit: 'short', targets: [edge(column.priority, `sum(${answers})`)] },
  {
    title: 'Edge: failed (share)',
    unit: 'percentunit',
    targets: [edge(column.priority, `sumIf(${answers}, ${column.status} >= 500) / sum(${answers})`)],
  },
  {
    title: 'Edge: answer time, p99 (ms)',
    unit: 'ms',
    targets: [edge(column.priority, `quantileExactWeighted(0.99)(${column.durationMs}, ${answers})`)],
  },
  { title: 'Edge: refusals by reason', unit: 'short', targets: [edge(column.reason, `sum(${answers})`)] },
  {
    title: 'Edge: answers from the cache (share)',
    unit: 'percentunit',
    targets: [edge(column.method, `sumIf(${answers}, ${column.cache} LIKE '%; hit%') / sum(${answers})`)],
  },
  { title: 'Tunnel: requests', unit: 'short', targets: ofTunnel(tunnelMetrics.requests, 'Sum') },
  { title: 'Tunnel: errors', unit: 'short', targets: ofTunnel(tunnelMetrics.errors, 'Sum') },
  { title: 'Tunnel: in flight', unit: 'short', targets: ofTunnel(tunnelMetrics.inFlight, 'Average') },
  { title: 'Tunnel: connections', unit: 'short', targets: ofTunnel(tunnelMetrics.connections, 'Average') },
  { title: 'Origin: answers', unit: 'short', targets: byPriority(sloMetrics.answers) },
  { title: 'Origin: failed', unit: 'short', targets: byPriority(sloMetrics.failed) },
  { title: 'Origin: answers that latency is for', unit: 'short', targets: byPriority(sloMetrics.timed) },
  { title: 'Origin: late', unit: 'short', targets: byPriority(sloMetrics.slow) },
  { title: 'Origin: admitted', unit: 'short', targets: ofOrigin(originMetrics.admitted, 'Sum') },
  { title: 'Origin: shed', unit: 'short', targets: ofOrigin(originMetrics.shed, 'Sum') },
  {
    title: 'Origin: wait for a connection (s)',
    unit: 's',
    targets: ofOrigin(originMetrics.poolWait, 'Average'),
  },
  {
    title: 'Origin: time of requests, p99 by release (s)',
    unit: 's',
    targets: byRelease(releaseMetrics.requestP99, 'Average'),
  },
  {
    title: 'Origin: internal errors by release',
    unit: 'short',
    targets: byRelease(releaseMetrics.problems, 'Sum'),
  },
]

const [width, height, perRow] = [8, 8, 3]

/** The dashboard, in Grafana's JSON model. */
export const grafanaDashboard = () => ({
  title: 'Spillway',
  uid: 'spillway',
  schemaVersion: 41,
  refresh: '1m',
  time: { from: 'now-6h', to: 'now' },
  templating: {
    list: [
      { name: 'edge', label: 'Analytics Engine', type: 'datasource', query: edgeSource.type },
      { name: 'cloudwatch', label: 'CloudWatch', type: 'datasource', query: cloudSource.type },
      { name: 'stage', type: 'custom', query: 'production,staging,dev' },
      { name: 'dataset', type: 'custom', query: 'spillway_edge,spillway_edge_staging,spillway_edge_dev' },
    ],
  },
  panels: charts.map(({ title, unit, targets }, index) => ({
    id: index + 1,
    title,
    type: 'timeseries',
    gridPos: {
      ...{ x: (index % perRow) * width, y: Math.floor(index / perRow) * height },
      ...{ w: width, h: height },
    },
    datasource: targets[0]?.datasource,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets,
  })),
})
