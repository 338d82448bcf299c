import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from 'mongodb'
import type { SystemWork } from '../background/system-work.ts'
import { type Lease, LeaseSeeker, type LeaseTimes, leaseTimes } from '../jobs/lease.ts'
import { inTime, late } from '../lib/in-time.ts'
import { reasonOf } from '../store/database-error.ts'
import type { Schedule } from './schedule.ts'

export type ScheduleObservation = { readonly job: string } & (
  | { readonly kind: 'ran'; readonly due: string; readonly durationMs: number }
  | {
      readonly kind: 'failed' | 'gaveUp'
      readonly due: string
      readonly attempt: number
      readonly reason: string
    }
  | { readonly kind: 'interrupted'; readonly reason: string }
)

export interface ScheduleTimes extends LeaseTimes {
  /**
   * Longest time between two readings of the clock, and between two attempts to get the lease, in ms. @default 5 000
   */
  readonly pollMs: number
  /** Times between the attempts of one run, in ms: one attempt more than times. @default a minute, five minutes */
  readonly delaysMs: readonly number[]
}

export const scheduleTimes: ScheduleTimes = { ...leaseTimes, pollMs: 5_000, delaysMs: [60_000, 300_000] }

export interface ScheduleRunnerOptions {
  readonly db: Db
  readonly schedule: Schedule
  readonly work: SystemWork
  /** Name of this process, unique among all. */
  readonly holder: string
  readonly observe: (observation: ScheduleObservation) => void
  readonly times?: ScheduleTimes
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number
}

/** Lateness from which a time counts as missed, in ms. */
const missedMs = 60_000

/** State of a job, stored with its lease. */
interface RunNote {
  /** Due time up to which nothing is left to run, in ms since the epoch. */
  readonly done: number
  /** Due time that was begun and is not done. */
  readonly begun: number
  /** Attempts at it. */
  readonly attempts: number
}

/**
 * Runs a job at its times, in one process among all: who finds it due takes its lease, and looks under the lease
 * whether it still is. A run that was cut off by a crash is attempted again by the process that takes the lease next.
 */
export class ScheduleRunner {
  readonly #options: ScheduleRunnerOptions
  readonly #times: ScheduleTimes
  readonly #clock: () => number
  readonly #seeker: LeaseSeeker<RunNote>
  /** Due time up to which this process knows that nothing is left to run; `undefined` before its first look. */
  #done: number | undefined

  constructor(options: ScheduleRunnerOptions) {
    const { db, schedule, holder, times = scheduleTimes, clock = Date.now } = options
    this.#options = options
    this.#times = times
    this.#clock = clock
    this.#seeker = new LeaseSeeker({
      ...{ db, holder, times, name: `schedule:${schedule.name}` },
      now: () => performance.now(),
    })
  }

  /** Runs the job at its times until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { schedule, observe } = this.#options
    while (!signal.aborted) {
      try {
        if (this.#isDue()) await this.#look(signal)
      } catch (error) {
        if (!signal.aborted) observe({ kind: 'interrupted', job: schedule.name, reason: reasonOf(error) })
      }
      const next = schedule.next(this.#clock()) ?? Number.POSITIVE_INFINITY
      const waitMs = this.#isDue() ? this.#times.pollMs : next - this.#clock()
      const boundMs = Math.min(this.#times.pollMs, Math.max(1, waitMs))
      await sleep(boundMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  #isDue(): boolean {
    const latest = this.#options.schedule.latest(this.#clock())
    return this.#done === undefined || (latest !== undefined && latest > this.#done)
  }

  async #look(signal: AbortSignal): Promise<void> {
    const lease = await this.#seeker.tryTake()
    if (lease === undefined) {
      // Another process runs it, or has run it.
      this.#done = (await this.#seeker.look())?.note?.done ?? this.#done
      return
    }
    try {
      await this.#underLease(lease, signal)
    } finally {
      // A lease that is not released is taken when its holder is silent.
      await lease.release().catch(() => {})
    }
  }

  async #underLease(lease: Lease<RunNote>, signal: AbortSignal): Promise<void> {
    const { missed } = this.#options.schedule
    const note = (await this.#seeker.look())?.note
    const nowMs = this.#clock()
    this.#done = note?.done
    if (this.#done === undefined) {
      // A job that is new runs from now on: nobody has missed anything.
      await this.#finish(lease, nowMs)
      return
    }
    const latest = this.#options.schedule.latest(nowMs)
    const isOpen = note !== undefined && note.begun > note.done
    if (latest === undefined || (latest <= this.#done && !isOpen)) return
    if (missed === 'none' && nowMs - latest > missedMs && !isOpen) {
      await this.#finish(lease, latest)
      return
    }
    const due = isOpen ? note.begun : latest
    await this.#attempts(lease, { due, attempts: isOpen ? note.attempts : 0 }, signal)
  }

  async #attempts(
    lease: Lease<RunNote>,
    { due, attempts }: { readonly due: number; readonly attempts: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { observe, schedule } = this.#options
    const { delaysMs } = this.#times
    const job = schedule.name
    const shown = new Date(due).toISOString()
    for (let attempt = attempts + 1; ; attempt += 1) {
      if (attempt > delaysMs.length + 1) {
        observe({ kind: 'gaveUp', job, due: shown, attempt: attempt - 1, reason: 'no attempt ended well' })
        break
      }
      await lease.note({ begun: due, attempts: attempt })
      if (!lease.isHeld || signal.aborted) return
      const beganAtMs = performance.now()
      const reason = await this.#attempt(lease, { shown, attempt }, signal)
      if (signal.aborted) {
        // The next process makes this attempt.
        await lease.note({ attempts: attempt - 1 })
        return
      }
      if (!lease.isHeld) return
      if (reason === undefined) {
        observe({ kind: 'ran', job, due: shown, durationMs: Math.round(performance.now() - beganAtMs) })
        break
      }
      observe({ kind: 'failed', job, due: shown, attempt, reason })
      const delayMs = delaysMs[attempt - 1]
      if (delayMs !== undefined) await sleep(delayMs, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
    }
    await this.#finish(lease, due)
  }

  /** @returns the reason for which it failed; `undefined` if it did not */
  async #attempt(
    lease: Lease<RunNote>,
    { shown, attempt }: { readonly shown: string; readonly attempt: number },
    stopping: AbortSignal,
  ): Promise<string | undefined> {
    const { schedule, work } = this.#options
    const ending = new AbortController()
    const signal = AbortSignal.any([stopping, ending.signal])
    const deadline = performance.now() + schedule.timeoutMs
    // A process that has lost the job must not go on beside the one that has it.
    const watch = setInterval(() => !lease.isHeld && ending.abort(), this.#times.beatMs)
    const context = {
      ...{ due: shown, attempt, signal, key: `${schedule.name}:${shown}` },
      transact: <Result>(code: Parameters<typeof work.transact<Result>>[0]) =>
        work.transact(code, { signal, deadline, via: schedule.name }),
    }
    const aborted = Promise.withResolvers<typeof late>()
    signal.addEventListener('abort', () => aborted.resolve(late))
    try {
      const run = Promise.race([Promise.resolve(schedule.onDue(context)), aborted.promise])
      return (await inTime(run, deadline)) === late ? `it did not end in ${schedule.timeoutMs} ms` : undefined
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : 'it threw no error'
    } finally {
      clearInterval(watch)
      ending.abort()
    }
  }

  async #finish(lease: Lease<RunNote>, done: number): Promise<void> {
    await lease.note({ done, begun: 0, attempts: 0 })
    if (lease.isHeld) this.#done = done
  }
}
