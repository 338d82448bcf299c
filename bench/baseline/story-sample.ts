import { median } from '../measure/statistics.ts'
import type { PlanReport } from '../scenarios/run-plan.ts'

/** One run of one design. Figures are those of the peak, unless stated otherwise. */
export interface StorySample {
  /** Good answers per second. */
  readonly goodput: number
  readonly errorPercent: number
  /** Share of requests without a good answer in the worst second, the climb to the peak included. */
  readonly worstPercent: number
  /** Critical requests that were refused or failed, from start to end. */
  readonly criticalLost: number
  /** From the start of the peak to the first of three seconds in which goodput is 90 % of what it comes to. */
  readonly steadySeconds: number
  /** p99 of good answers in the worst second. */
  readonly p99Ms: number
  /** Longest time without a good answer, from start to end. */
  readonly longestMs: number
  /** Maximum database connections, from start to end. */
  readonly connections: number
  /** Connections that the database refused, from start to end. */
  readonly refused: number
  /** Busy share of the driver's event loop, %. */
  readonly driverPercent: number
  readonly limitedBy?: string
}

export const units = {
  goodput: { title: 'good/s', unit: 'requests/s', better: 'higher' },
  errorPercent: { title: 'errors %', unit: '%', better: 'lower' },
  worstPercent: { title: 'worst second %', unit: '%', better: 'lower' },
  criticalLost: { title: 'critical lost', unit: 'requests', better: 'lower' },
  steadySeconds: { title: 'steady after s', unit: 's', better: 'lower' },
  p99Ms: { title: 'p99 ms', unit: 'ms', better: 'lower' },
  longestMs: { title: 'longest ms', unit: 'ms', better: 'lower' },
  connections: { title: 'db', unit: 'connections', better: 'lower' },
  refused: { title: 'db refused', unit: 'connections', better: 'lower' },
  driverPercent: { title: 'driver %', unit: '%', better: 'lower' },
} as const satisfies Readonly<
  Record<string, { readonly title: string; readonly unit: string; readonly better: 'lower' | 'higher' }>
>

export interface StoryCircumstances {
  readonly peak: { readonly fromMs: number; readonly toMs: number }
  readonly connectionsMax: number
  readonly refused: number
  /** Names of the operations whose requests are critical. */
  readonly critical: readonly string[]
}

type Second = PlanReport['seconds'][number]

/** A run in which the driver was the limit has no figures: they would describe the driver. */
export function sampleOf(
  { seconds, summary, driver }: Pick<PlanReport, 'seconds' | 'summary' | 'driver'>,
  { peak, connectionsMax, refused, critical }: StoryCircumstances,
): StorySample {
  const atPeak = seconds.slice(Math.ceil(peak.fromMs / 1000), Math.floor(peak.toMs / 1000))
  const sum = (name: 'asked' | 'good' | 'shed' | 'failed') =>
    atPeak.reduce((total, second) => total + second[name], 0)
  const measured = (value: number) => (driver.limitedBy === undefined ? value : Number.NaN)
  return {
    goodput: measured(sum('good') / atPeak.length),
    errorPercent: measured(((sum('shed') + sum('failed')) / sum('asked')) * 100),
    worstPercent: measured(worstPercent(seconds)),
    criticalLost: measured(criticalLost(critical.map((name) => summary.operations[name]))),
    steadySeconds: measured(steadySeconds(atPeak)),
    p99Ms: measured(worst(atPeak.map(({ p99 }) => p99))),
    longestMs: measured(summary.total.max),
    connections: connectionsMax,
    refused,
    driverPercent: driver.busy * 100,
    ...(driver.limitedBy !== undefined && { limitedBy: driver.limitedBy }),
  }
}

/** A second with hardly any requests is left out: one of five is no share. */
function worstPercent(seconds: readonly Second[]): number {
  const most = Math.max(...seconds.map(({ asked }) => asked))
  const full = seconds.filter(({ asked }) => asked >= most / 10)
  return Math.max(...full.map(({ asked, shed, failed }) => ((shed + failed) / asked) * 100))
}

type Counts = Pick<PlanReport['summary']['total'], 'asked' | 'shed' | 'failed'>

/** `NaN` where none was asked for, since 0 would look safe. */
function criticalLost(operations: readonly (Counts | undefined)[]): number {
  const sum = (name: keyof Counts) => operations.reduce((all, counts) => all + (counts?.[name] ?? 0), 0)
  return sum('asked') === 0 ? Number.NaN : sum('shed') + sum('failed')
}

/** Infinite where goodput never stays, or comes to nothing. What it comes to is the median of the last third. */
export function steadySeconds(atPeak: readonly Pick<Second, 'good'>[]): number {
  const steady = median(atPeak.slice(-Math.ceil(atPeak.length / 3)).map(({ good }) => good)) * 0.9
  const first = atPeak.findIndex((_, at) => {
    const three = atPeak.slice(at, at + 3)
    return steady > 0 && three.length === 3 && three.every(({ good }) => good >= steady)
  })
  return first === -1 ? Number.POSITIVE_INFINITY : first
}

/** `NaN` without good answers, since 0 would look fast. */
function worst(latencies: readonly number[]): number {
  const found = latencies.filter(Number.isFinite)
  return found.length === 0 ? Number.NaN : Math.max(...found)
}
