import { figure, table } from '../measure/table.ts'
import type { Threshold, ThresholdMetric } from './scenario.ts'

/** Counts and latencies in ms. Without answers a latency is `NaN`, or `null` after JSON. */
export interface Counts {
  readonly asked: number
  /** `ok` within the scenario's useful time. */
  readonly good: number
  /** `ok` that are refusals with a reason that the load mix expects. */
  readonly refused: number
  /** 2xx and 304, and the expected refusals. */
  readonly ok: number
  /** 429 and 503: refused, with a time to come back. */
  readonly shed: number
  readonly failed: number
  /** Percentiles of the `ok`, in ms. */
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Summary that both drivers print. */
export interface Summary {
  readonly scenario: string
  readonly target: string
  readonly driver: string
  readonly scale: number
  readonly usersMax: number
  readonly seconds: number
  readonly total: Counts
  readonly operations: Readonly<Record<string, Counts>>
  readonly failures: Readonly<Record<string, number>>
  /** Reason why the driver was the limit. */
  readonly limitedBy?: string
  readonly notes?: readonly string[]
}

export interface Verdict {
  readonly threshold: Threshold
  readonly measured: number
  readonly isMet: boolean
}

const measures: Readonly<Record<ThresholdMetric, (total: Counts) => number>> = {
  goodPercent: ({ good, asked }) => (good / asked) * 100,
  failedPercent: ({ failed, asked }) => (failed / asked) * 100,
  p50Ms: ({ p50 }) => p50,
  p99Ms: ({ p99 }) => p99,
}

/** Judges each threshold. One whose metric has no samples counts as missed. */
export const judge = (total: Counts, thresholds: readonly Threshold[]): readonly Verdict[] =>
  thresholds.map((threshold) => {
    const measured = measures[threshold.metric](total)
    const isMet = threshold.holds === '>=' ? measured >= threshold.limit : measured <= threshold.limit
    return { threshold, measured, isMet }
  })

/** A run passes when no threshold is missed and the driver was not the limit. */
export const isPassed = (summary: Summary, verdicts: readonly Verdict[]): boolean =>
  summary.limitedBy === undefined && verdicts.every(({ isMet }) => isMet)

export function describeSummary(summary: Summary, verdicts: readonly Verdict[]): string {
  const { scenario, target, driver, scale, usersMax, seconds, total, operations, failures } = summary
  const rows = [['all', total] as const, ...Object.entries(operations)].map(([name, counts]) =>
    row(name, counts),
  )
  const size =
    scale === 1 ? '' : ` (${Math.round(usersMax / scale).toLocaleString('en-US')} × ${figure(scale)})`
  const lines = [
    `${scenario} against ${target}, by ${driver}: up to ${Math.round(usersMax).toLocaleString('en-US')} users${size}, ${Math.round(seconds)} s`,
    '',
    table(['', 'asked', 'good', 'refused', 'shed', 'failed', 'p50 ms', 'p90', 'p99', 'p99.9', 'max'], rows),
  ]
  const reasons = Object.entries(failures).map(([reason, count]) => `${reason} × ${count}`)
  if (reasons.length > 0) lines.push('', `failed: ${reasons.join(', ')}`)
  for (const note of summary.notes ?? []) lines.push(note)
  if (summary.limitedBy !== undefined) lines.push('', `NOT A RESULT: ${summary.limitedBy}`)
  return [...lines, '', ...verdicts.map(verdictLine)].join('\n')
}

const row = (
  name: string,
  { asked, good, refused, shed, failed, p50, p90, p99, p999, max }: Counts,
): readonly string[] => [
  name,
  ...[asked, good, refused, shed, failed].map((count) => count.toLocaleString('en-US')),
  // `null` stands for NaN (no answers), which JSON lacks.
  ...[p50, p90, p99, p999, max].map((ms) => figure(ms ?? Number.NaN)),
]

const verdictLine = ({ threshold: { metric, holds, limit }, measured, isMet }: Verdict): string =>
  `threshold: ${metric} ${figure(measured ?? Number.NaN)} (${holds} ${limit}) ${isMet ? 'pass' : 'fail'}`
