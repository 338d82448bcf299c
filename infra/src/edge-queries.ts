import { priorities, type Slo } from '@spillway/origin/contract'
import { analyticsColumns as column } from '../../edge/src/observe/analytics-columns.ts'

/**
 * Queries of the edge's data points, for Analytics Engine's SQL API and for Grafana. A point stands for `weight`
 * answers, and Analytics Engine may keep one point of several (`_sample_interval`).
 */
const answers = `_sample_interval * ${column.weight}`
const isTimed = `${column.status} < 500 AND ${column.takesItsTime} = 0`

/** @param where further conditions */
const since = (dataset: string, where = ''): string =>
  `FROM ${dataset}\nWHERE timestamp > NOW() - INTERVAL '1' HOUR${where}`

/** Limit of latency of each priority, ms. */
const limitMs = ({ objectives }: Slo): string =>
  priorities.reduceRight(
    (otherwise, priority) =>
      `if(${column.priority} = '${priority}', ${objectives[priority].latency.ms}, ${otherwise})`,
    '0',
  )

export interface SloSpan {
  readonly dataset: string
  /** Ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  /** Length of a bucket. */
  readonly seconds: number
}

const sloCounts = (slo: Slo): string =>
  [
    `sum(${answers}) AS answers`,
    `sumIf(${answers}, ${column.status} >= 500) AS failed`,
    `sumIf(${answers}, ${isTimed}) AS timed`,
    `sumIf(${answers}, ${isTimed} AND ${column.durationMs} > ${limitMs(slo)}) AS slow`,
  ].join(',\n  ')

/** Counts by priority and bucket, as the objectives judge them. */
export const sloQuery = (slo: Slo, { dataset, fromMs, toMs, seconds }: SloSpan): string =>
  sloQueryText(slo, dataset, seconds)
    .replace('FROM_SECONDS', String(Math.floor(fromMs / 1_000)))
    .replace('TO_SECONDS', String(Math.floor(toMs / 1_000)))

/** The same of a span that is put in later, for FROM_SECONDS and TO_SECONDS: seconds since the epoch. */
export const sloQueryText = (slo: Slo, dataset: string, seconds: number): string =>
  `SELECT
  ${column.priority} AS priority,
  intDiv(toUInt32(timestamp), ${seconds}) * ${seconds} AS start,
  ${sloCounts(slo)}
FROM ${dataset}
WHERE timestamp >= toDateTime(FROM_SECONDS) AND timestamp < toDateTime(TO_SECONDS)
  AND ${column.priority} != ''
GROUP BY priority, start
ORDER BY start
FORMAT JSON`

/** Queries to paste, over the last hour. `DATASET` stands for the stage's data set. */
export const namedQueries = (slo: Slo): Readonly<Record<string, string>> => ({
  objectives: `SELECT
  ${column.priority} AS priority,
  ${sloCounts(slo)}
${since('DATASET', ` AND ${column.priority} != ''`)}
GROUP BY priority`,
  refusals: `SELECT
  ${column.reason} AS reason,
  ${column.priority} AS priority,
  sum(${answers}) AS answers
${since('DATASET', ` AND ${column.reason} != ''`)}
GROUP BY reason, priority
ORDER BY answers DESC
LIMIT 50`,
  routes: `SELECT
  ${column.method} AS method,
  ${column.pattern} AS route,
  sum(${answers}) AS answers,
  sumIf(${answers}, ${column.originMs} >= 0) AS forwarded,
  sumIf(${answers}, ${column.status} >= 500) AS failed,
  quantileExactWeighted(0.5)(${column.durationMs}, ${answers}) AS p50_ms,
  quantileExactWeighted(0.99)(${column.durationMs}, ${answers}) AS p99_ms
${since('DATASET')}
GROUP BY method, route
ORDER BY answers DESC
LIMIT 50`,
  cache: `SELECT
  ${column.pattern} AS route,
  sum(${answers}) AS answers,
  sumIf(${answers}, ${column.cache} LIKE '%; hit%') / sum(${answers}) AS hit_ratio
${since('DATASET', ` AND ${column.cache} != ''`)}
GROUP BY route
ORDER BY answers DESC
LIMIT 50`,
})
