import { analyticsColumns as column } from '../../edge/src/observe/analytics-columns.ts'
import type { Figures } from './compare.ts'

/**
 * Query for the figures of each version of the Worker, from its own data points. Each point stands for several answers
 * (`weight`), and for points that Analytics Engine has sampled away (`_sample_interval`). Requests that may take their
 * time are left out of the p99 by their own weight of 0.
 */
export const figuresQuery = (dataset: string, sinceSeconds: number): string => {
  const answers = `_sample_interval * ${column.weight}`
  return [
    `SELECT ${column.version} AS version, SUM(${answers}) AS requests,`,
    `SUM(IF(${column.status} >= 500 AND ${column.reason} NOT LIKE 'shed-%', ${answers}, 0)) AS errors,`,
    `quantileExactWeighted(0.99)(${column.durationMs}, toUInt32(IF(${column.takesItsTime} = 1, 0, ${answers}))) AS p99Ms`,
    `FROM ${dataset} WHERE timestamp > NOW() - INTERVAL '${sinceSeconds}' SECOND`,
    'GROUP BY version FORMAT JSON',
  ].join(' ')
}

/**
 * Figures by version, of the rows that answer the query.
 *
 * @throws {Error} for rows of another form
 */
export const readFigures = (
  rows: readonly Readonly<Record<string, unknown>>[],
): ReadonlyMap<string, Figures> =>
  new Map(
    rows.map((row) => {
      // Sums arrive as texts where they may exceed a number of JSON.
      const [requests = Number.NaN, errors = Number.NaN, p99Ms = Number.NaN] = [
        row.requests,
        row.errors,
        row.p99Ms,
      ].map(Number)
      if (![requests, errors, p99Ms].every(Number.isFinite)) {
        throw new Error(`Analytics Engine answers no figures: ${JSON.stringify(row)}`)
      }
      return [String(row.version), { requests, errors, p99Ms }]
    }),
  )
