import type { Result } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'
import { seedOf } from './distribution.ts'
import { joined } from './origin-policy.ts'
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
  /** Highest goodput of any level, requests/s. */
  readonly carried: number
  readonly poolSize: number
}

/** Share of `normal` among the requests that are not critical, as in `bench/origin/overload.ts`. */
const normalShare = 0.6

/** Its mix: lists that differ in every request, reads by id, and creates. */
const mix = { find: 0.3, list: 0.6, write: 0.1 } as const

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
    // Repetitions in which the driver was the limit are left out.
    const middle = (metric: string): number => {
      const samples = row.metrics[metric]?.samples.filter((sample) => sample !== null) ?? []
      return samples.length === 0 ? Number.NaN : median(samples)
    }
    const level = Number.parseFloat(row.case)
    const critical = Math.min(criticalShare, level) * capacity
    const others = level * capacity - critical
    const goodput = middle('goodput')
    if (!Number.isFinite(goodput)) return []
    const arrivals = { critical, normal: others * normalShare, background: others * (1 - normalShare) }
    return [{ name: row.case, arrivals, goodput, p99Ms: middle('p99') }]
  })
  const carried = Math.max(...levels.map(({ goodput }) => goodput))
  return { levels, carried, poolSize: setting('poolSize') }
}

/**
 * Service times of that run. Its database is slowed down until lists fill their lane. So one number is taken from the
 * run: the round trip of a list, as the one at which that lane carries the highest measured rate. Latency at every
 * level, and goodput below and above the capacity, are predictions.
 */
export function timesOf(run: OverloadRun, times: ServiceTimes): ServiceTimes {
  const databaseMs = (joined(run.poolSize).lists.inflightMax / (run.carried * mix.list)) * 1_000
  const { find, list, write } = times.kinds
  return {
    ...times,
    kinds: {
      find: { ...find, share: mix.find, databaseMs },
      list: { ...list, share: mix.list, databaseMs },
      write: { ...write, share: mix.write, databaseMs },
    },
    collections: 1,
    databaseVariation: 0.3,
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
