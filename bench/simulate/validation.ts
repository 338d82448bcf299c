import type { Result, Row } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'
import { seedOf } from './distribution.ts'
import type { PerPriority, ProcessResult } from './process/model.ts'
import { simulateProcess } from './process/process.ts'
import { processModel, type ServiceTimes } from './service-times.ts'

/** One level of `bench -- overload`: load on one process, and its outcome. */
export interface MeasuredLevel {
  readonly name: string
  readonly arrivals: PerPriority
  readonly goodput: number
  /** Latency of admitted requests, ms. */
  readonly p99Ms: number
}

/** Settings that `bench -- overload` records of its own run. */
export interface OverloadRun {
  readonly levels: readonly MeasuredLevel[]
  /** Median latency at the lowest level, ms: hardly a request waits there. */
  readonly loneMs: number
  readonly poolSize: number
}

/** Share of `normal` among the requests that are not critical, as in `bench/origin/overload.ts`. */
const normalShare = 0.6

/** Its mix: lists that differ in every request, reads by id, and creates. */
const mix = { find: 0.3, list: 0.6, write: 0.1 } as const

/** Median of the repetitions, without those in which the driver was the limit; `NaN` without any. */
function middle({ metrics }: Row, metric: string): number {
  const samples = metrics[metric]?.samples.filter((sample) => sample !== null) ?? []
  return samples.length === 0 ? Number.NaN : median(samples)
}

/** @throws Error where the result is not of `bench -- overload` */
export function readOverload({ bench, rows, settings }: Result): OverloadRun {
  const setting = (name: string): number => {
    const value = settings[name]
    if (typeof value !== 'number') throw new Error(`the result has no setting '${name}'`)
    return value
  }
  if (bench !== 'overload')
    throw new Error(`a result of bench -- overload is wanted, not of bench -- ${bench}`)
  const capacity = setting('capacity')
  const criticalShare = setting('criticalShare')
  const levels = rows.flatMap((row): readonly MeasuredLevel[] => {
    const level = Number.parseFloat(row.case)
    const critical = Math.min(criticalShare, level) * capacity
    const others = level * capacity - critical
    const goodput = middle(row, 'goodput')
    if (!Number.isFinite(goodput)) return []
    const arrivals = { critical, normal: others * normalShare, background: others * (1 - normalShare) }
    return [{ name: row.case, arrivals, goodput, p99Ms: middle(row, 'p99') }]
  })
  const [lowest] = rows.toSorted((a, b) => Number.parseFloat(a.case) - Number.parseFloat(b.case))
  const loneMs = lowest === undefined ? Number.NaN : middle(lowest, 'p50')
  return { levels, loneMs, poolSize: setting('poolSize') }
}

/**
 * Service times of that run. Its database sleeps before each command, for much longer than it works. So one number is
 * taken from the run: the round trip, as the median latency at the lowest level. Latency and goodput of every level are
 * predictions.
 */
export function timesOf(run: OverloadRun, times: ServiceTimes): ServiceTimes {
  const { loneMs: databaseMs } = run
  const { find, list, write } = times.kinds
  return {
    ...times,
    kinds: {
      find: { ...find, share: mix.find, databaseMs },
      list: { ...list, share: mix.list, databaseMs },
      write: { ...write, share: mix.write, databaseMs },
    },
    collections: 1,
    databaseVariation: 0.1,
    networkMs: 0,
  }
}

export interface Comparison {
  readonly level: MeasuredLevel
  readonly simulated: { readonly goodput: number; readonly p99Ms: number }
  /** Simulated over measured, minus 1, per cent. */
  readonly goodputError: number
  readonly p99Error: number
}

/** Compares the simulated levels with the measured ones. */
export const compare = (run: OverloadRun, times: ServiceTimes, seconds: number): readonly Comparison[] =>
  run.levels.map((level) => {
    const { critical, normal, background } = level.arrivals
    const perSecond = critical + normal + background
    const result = simulateProcess(processModel(timesOf(run, times), run.poolSize), {
      arrivals: level.arrivals,
      requests: Math.ceil(perSecond * seconds),
      warmup: Math.ceil(perSecond * seconds * 0.2),
      seed: seedOf('validate', level.name),
    })
    const simulated = { goodput: goodputOf(result), p99Ms: result.latency.quantile(0.99) }
    return {
      level,
      simulated,
      goodputError: (simulated.goodput / level.goodput - 1) * 100,
      p99Error: (simulated.p99Ms / level.p99Ms - 1) * 100,
    }
  })

const goodputOf = ({ done, seconds }: ProcessResult): number =>
  (done.critical + done.normal + done.background) / seconds

/** Largest error in either direction; `NaN` where there is none. */
export const worst = (errors: readonly number[]): number =>
  errors.length === 0 ? Number.NaN : Math.max(...errors.map(Math.abs))
