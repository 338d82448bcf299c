import type { PlanReport } from '../scenarios/run-plan.ts'

/** One run of one design. Figures are those of the peak, unless stated otherwise. */
export interface StorySample {
  /** Good answers per second. */
  readonly goodput: number
  readonly errorPercent: number
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
}

/** A run in which the driver was the limit has no figures: they would describe the driver. */
export function sampleOf(
  { seconds, summary, driver }: Pick<PlanReport, 'seconds' | 'summary' | 'driver'>,
  { peak, connectionsMax, refused }: StoryCircumstances,
): StorySample {
  const atPeak = seconds.slice(Math.ceil(peak.fromMs / 1000), Math.floor(peak.toMs / 1000))
  const sum = (name: 'asked' | 'good' | 'shed' | 'failed') =>
    atPeak.reduce((total, second) => total + second[name], 0)
  const measured = (value: number) => (driver.limitedBy === undefined ? value : Number.NaN)
  return {
    goodput: measured(sum('good') / atPeak.length),
    errorPercent: measured(((sum('shed') + sum('failed')) / sum('asked')) * 100),
    p99Ms: measured(worst(atPeak.map(({ p99 }) => p99))),
    longestMs: measured(summary.total.max),
    connections: connectionsMax,
    refused,
    driverPercent: driver.busy * 100,
    ...(driver.limitedBy !== undefined && { limitedBy: driver.limitedBy }),
  }
}

/** `NaN` without good answers, since 0 would look fast. */
function worst(latencies: readonly number[]): number {
  const found = latencies.filter(Number.isFinite)
  return found.length === 0 ? Number.NaN : Math.max(...found)
}
