import { latenessP99MsMax } from '../load/saturation.ts'
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
  /** p99 of good answers in the worst second in which the driver sent its requests in time. */
  readonly p99Ms: number
  /**
   * p99 of answers from a cache in that second: they wait for nothing behind it, so that this share of {@link p99Ms} is
   * the machine's, or the edge's event loop's. `NaN` for a design without a cache.
   */
  readonly hitP99Ms: number
  /** Seconds in which the driver was late, which {@link p99Ms} leaves out. */
  readonly lateSeconds: number
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
  hitP99Ms: { title: 'of a hit', unit: 'ms', better: 'lower' },
  lateSeconds: { title: 'late s', unit: 's', better: 'lower' },
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

/** A run in which the driver was the limit, or late, has no figures: they would describe the driver. */
export function sampleOf(
  report: Pick<PlanReport, 'seconds' | 'hitSeconds' | 'lateSeconds' | 'summary' | 'driver'>,
  { peak, connectionsMax, refused, critical }: StoryCircumstances,
): StorySample {
  const { seconds, summary, driver } = report
  const [from, to] = [Math.ceil(peak.fromMs / 1000), Math.floor(peak.toMs / 1000)]
  const atPeak = seconds.slice(from, to)
  const slowest = slowestSecond(report, from, to)
  const sum = (name: 'asked' | 'good' | 'shed' | 'failed') =>
    atPeak.reduce((total, second) => total + second[name], 0)
  const isLate = slowest.lateSeconds > atPeak.length * lateShareMax
  const lateBy = isLate ? `the driver was late in ${slowest.lateSeconds} seconds of the peak` : undefined
  const { limitedBy = lateBy } = driver
  const measured = (value: number) => (limitedBy === undefined ? value : Number.NaN)
  return {
    goodput: measured(sum('good') / atPeak.length),
    errorPercent: measured(((sum('shed') + sum('failed')) / sum('asked')) * 100),
    worstPercent: measured(worstPercent(seconds)),
    criticalLost: measured(criticalLost(critical.map((name) => summary.operations[name]))),
    steadySeconds: measured(steadySeconds(atPeak)),
    p99Ms: measured(slowest.p99Ms),
    hitP99Ms: measured(slowest.hitP99Ms),
    lateSeconds: slowest.lateSeconds,
    longestMs: measured(summary.total.max),
    connections: connectionsMax,
    refused,
    driverPercent: driver.busy * 100,
    ...(limitedBy !== undefined && { limitedBy }),
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

/** Share of late seconds above which the others say nothing, either. */
const lateShareMax = 0.1

/** `NaN` without good answers, since 0 would look fast. */
function slowestSecond(
  { seconds, hitSeconds, lateSeconds }: Pick<PlanReport, 'seconds' | 'hitSeconds' | 'lateSeconds'>,
  from: number,
  to: number,
): Pick<StorySample, 'p99Ms' | 'hitP99Ms' | 'lateSeconds'> {
  const isLate = (at: number) => (lateSeconds[at]?.p99 ?? 0) > latenessP99MsMax
  const all = seconds.map(({ p99 }, at) => ({ p99, at })).slice(from, to)
  const inTime = all.filter(({ at }) => !isLate(at))
  const late = all.length - inTime.length
  const [slowest] = inTime.filter(({ p99 }) => Number.isFinite(p99)).sort((a, b) => b.p99 - a.p99)
  const hitP99Ms = slowest && hitSeconds[slowest.at]?.p99
  return { p99Ms: slowest?.p99 ?? Number.NaN, hitP99Ms: hitP99Ms ?? Number.NaN, lateSeconds: late }
}
