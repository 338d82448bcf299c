import { analyticsColumns as column } from '../../../edge/src/observe/analytics-columns.ts'
import type { AskAnalytics } from '../../cloudflare/ask-cloudflare.ts'
import type { LogLine } from '../edge-log.ts'

/** Time for which refusals are looked back, minutes. */
const lookBackMinutes = 60

/**
 * The edge's answers of the last hour by minute, as lines of its log, so that a stage is diagnosed by the rules of a
 * laptop.
 *
 * @param dataset name of the Worker's data set
 */
export async function edgeLines(ask: AskAnalytics, dataset: string): Promise<readonly LogLine[]> {
  if (!/^\w+$/.test(dataset)) throw new Error(`no name of a data set: ${dataset}`)
  const [refused, totals] = await Promise.all([ask(refusalsSql(dataset)), ask(totalsSql(dataset))])
  const lines = [...refused.map(refusalLine), ...totalsLines(totals, refused)]
  return lines.toSorted((one, other) => (one.at < other.at ? -1 : 1))
}

const weight = `_sample_interval * ${column.weight}`
const minute = 'toUnixTimestamp(toStartOfMinute(timestamp)) AS minute'

const refusalsSql = (dataset: string): string => `
SELECT ${minute}, ${column.pattern} AS pattern, ${column.reason} AS reason, ${column.status} AS status, SUM(${weight}) AS answers
FROM ${dataset}
WHERE timestamp > NOW() - INTERVAL '${lookBackMinutes}' MINUTE AND (${column.reason} != '' OR ${column.status} >= 500)
GROUP BY minute, pattern, reason, status ORDER BY minute LIMIT 10000`

const totalsSql = (dataset: string): string => `
SELECT ${minute}, ${column.pattern} AS pattern, SUM(${weight}) AS answers,
  sumIf(${weight}, ${column.cache} LIKE '%; hit%') AS hits, sumIf(${weight}, ${column.status} >= 400) AS refused,
  sumIf(${weight}, ${column.originMs} >= 0) AS forwarded,
  sumIf(${weight} * ${column.originMs}, ${column.originMs} >= 0) AS originMs
FROM ${dataset}
WHERE timestamp > NOW() - INTERVAL '15' MINUTE
GROUP BY minute, pattern ORDER BY minute LIMIT 10000`

type Row = Readonly<Record<string, unknown>>

/** A line that stands for all answers of a row. */
function refusalLine(row: Row): LogLine {
  const { pattern, reason, status } = row
  const suppressed = Math.max(1, Math.round(Number(row.answers))) - 1
  const why = reason === '' ? {} : { reason }
  return { at: timeOf(row), entry: { kind: 'answer', pattern, ...why, status: Number(status), suppressed } }
}

/** A line of totals for each minute. */
function totalsLines(rows: readonly Row[], refused: readonly Row[]): readonly LogLine[] {
  const minutes = Map.groupBy(rows, timeOf)
  const reasonsOf = Map.groupBy(refused, timeOf)
  return [...minutes].map(([at, ofMinute]) => {
    const routes = ofMinute.map((row) => [String(row.pattern || 'other'), figures(row)] as const)
    const all = routes.reduce(
      (sum, [, route]) => ({
        answers: sum.answers + route.answers,
        hits: sum.hits + route.hits,
        refused: sum.refused + route.refused,
        forwarded: sum.forwarded + route.forwarded,
        originMs: sum.originMs + route.originMs,
      }),
      figures({}),
    )
    return {
      at,
      entry: {
        ...{ kind: 'totals', fromMs: Date.parse(at), all, routes: Object.fromEntries(routes) },
        reasons: counts(reasonsOf.get(at) ?? []),
      },
    }
  })
}

function counts(rows: readonly Row[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { reason, answers } of rows) sums[String(reason)] = (sums[String(reason)] ?? 0) + Number(answers)
  return sums
}

const figures = ({ answers = 0, hits = 0, refused = 0, forwarded = 0, originMs = 0 }: Row) => ({
  answers: Number(answers),
  hits: Number(hits),
  refused: Number(refused),
  forwarded: Number(forwarded),
  originMs: Number(originMs),
})

const timeOf = (row: Row): string => new Date(Number(row.minute) * 1_000).toISOString()
