import { analyticsColumns as column } from '../../edge/src/observe/analytics-columns.ts'
import type { Figures } from './compare.ts'

/**
 * Query for the figures of each version of the Worker, from its own data points. Each point stands for several answers
 * (`weight`), and for points that Analytics Engine has sampled away (`_sample_interval`). Requests that may take their time
 * are left out of the p99 by their own weight of 0.
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
 * Figures by version.
 *
 * @throws {Error} for an answer of another form
 */
export function readFigures(text: string): ReadonlyMap<string, Figures> {
  // The cast is safe: each member is checked below.
  const { data } = JSON.parse(text) as { data?: readonly Record<string, unknown>[] }
  if (!Array.isArray(data)) throw new Error(`Analytics Engine answers without data: ${text.slice(0, 200)}`)
  return new Map(
    data.map((row) => {
      // Sums arrive as texts where they may exceed a number of JSON.
      const [requests, errors, p99Ms] = [row.requests, row.errors, row.p99Ms].map(Number)
      if (requests === undefined || errors === undefined || p99Ms === undefined) {
        throw new Error('Analytics Engine answers without figures')
      }
      if (![requests, errors, p99Ms].every(Number.isFinite)) {
        throw new Error(`Analytics Engine answers no figures: ${JSON.stringify(row)}`)
      }
      return [String(row.version), { requests, errors, p99Ms }]
    }),
  )
}
