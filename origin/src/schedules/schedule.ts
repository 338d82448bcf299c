import { type Duration, durationSeconds } from '@spillway/origin/contract'
import { Cron } from 'croner'
import type { ActionStore } from '../action/action-store.ts'
import { workName } from '../handlers/on.ts'

export interface JobContext {
  /** Time for which this run is due, RFC 3339 in UTC. */
  readonly due: string
  /** Equal for every attempt of this run: use it as the idempotency key of outgoing calls. */
  readonly key: string
  /** Number of this attempt, from 1. */
  readonly attempt: number
  /** Aborted when the deadline has passed, the process stops, or it has lost the job to another one. */
  readonly signal: AbortSignal
  /**
   * Reads and writes documents. Writes of one call are committed together, at most 50 documents; after a concurrent write
   * the code runs again. Call it once for each part of much work.
   */
  transact<Result>(code: (store: ActionStore, now: string) => Result | Promise<Result>): Promise<Result>
}

export interface ScheduleOptions {
  /** Time limit of a run, `1s` to `6h`. @default '10m' */
  readonly timeout?: Duration
  /**
   * Treatment of times at which no process could run the job. `latest`: the latest of them is made up for. `none`:
   * those more than a minute ago are left out. @default 'latest'
   */
  readonly missed?: 'latest' | 'none'
}

/** A job, checked. */
export interface Schedule {
  readonly cron: string
  readonly name: string
  readonly timeoutMs: number
  readonly missed: 'latest' | 'none'
  readonly onDue: (context: JobContext) => unknown
  /** First due time after a time, both in ms since the epoch; `undefined` if there is none. */
  readonly next: (afterMs: number) => number | undefined
  /** Latest due time until a time, this one included. */
  readonly latest: (untilMs: number) => number | undefined
}

/**
 * Defines a job that runs at the times of a cron expression, in one process at a time. Server code: never bundled into
 * the Worker.
 *
 * @param cron five fields (POSIX crontab: minute, hour, day of the month, month, day of the week), in UTC
 * @param name under which its runs are stored: keep it. Lower-case letters, digits and hyphens
 * @throws {RangeError} with the mistake
 */
export function schedule(
  cron: string,
  name: string,
  onDue: (context: JobContext) => unknown,
  { timeout = '10m', missed = 'latest' }: ScheduleOptions = {},
): Schedule {
  if (!workName.test(name))
    throw new RangeError(
      `job '${name}': a name has lower-case letters, digits and hyphens, starting with a letter`,
    )
  const timeoutMs = durationSeconds(timeout) * 1_000
  if (timeoutMs < 1_000 || timeoutMs > 6 * 3_600_000)
    throw new RangeError(`job '${name}': timeout must be from 1s to 6h`)
  const times = timesOf(cron, name)
  return {
    ...{ cron, name, timeoutMs, missed, onDue },
    next: (afterMs) => times.nextRun(new Date(afterMs))?.getTime(),
    // The parser counts whole seconds, and leaves out the reference itself.
    latest: (untilMs) =>
      times.previousRuns(1, new Date((Math.floor(untilMs / 1_000) + 1) * 1_000))[0]?.getTime(),
  }
}

function timesOf(cron: string, name: string): Cron {
  try {
    const times = new Cron(cron, { mode: '5-part', timezone: 'UTC' })
    if (times.nextRun() !== null) return times
  } catch (cause) {
    throw new RangeError(`job '${name}': '${cron}' is not a cron expression of five fields`, { cause })
  }
  throw new RangeError(`job '${name}': '${cron}' never comes`)
}
