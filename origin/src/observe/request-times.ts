import type { TraceCommand } from '../store/trace-command.ts'

interface Times {
  /** Time at which the first command for it was sent; `undefined` before. */
  sentAtMs: number | undefined
  /** Time in which the database worked for it, without the command in progress. */
  databaseMs: number
  /** Start of the command in progress. Its end may be told after the answer, which has its outcome. */
  runsSinceMs: number | undefined
}

/** Times of one request, by the clock of {@link RequestTimes}. */
export interface Stages {
  readonly startedAtMs: number
  /** 0: it was not admitted. */
  readonly admittedAtMs: number
  readonly endedAtMs: number
}

/**
 * Parts of the time of requests that ask for `Server-Timing`. It must be told of each such request, and of each
 * command: a command may do the work of many. While nobody asks, a command costs one comparison.
 */
export class RequestTimes {
  readonly #now: () => number
  readonly #asked = new Map<object, Times>()

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @param source what the callers of a command name as their source */
  begin(source: object): void {
    this.#asked.set(source, { sentAtMs: undefined, databaseMs: 0, runsSinceMs: undefined })
  }

  readonly command: TraceCommand = (_lane, callers) => {
    if (this.#asked.size === 0) return undefined
    const sentAtMs = this.#now()
    const served: Times[] = []
    for (const { signal } of callers) {
      const times = signal?.source && this.#asked.get(signal.source)
      if (times === undefined) continue
      times.sentAtMs ??= sentAtMs
      times.runsSinceMs ??= sentAtMs
      served.push(times)
    }
    if (served.length === 0) return undefined
    return () => {
      const tookMs = this.#now() - sentAtMs
      for (const times of served) {
        times.databaseMs += tookMs
        times.runsSinceMs = undefined
      }
    }
  }

  /** Drops a request that ends without {@link end}. */
  drop(source: object): void {
    this.#asked.delete(source)
  }

  /**
   * `Server-Timing` (W3C, §3) of a request, ms: the whole time in this process, the wait for admission, from there to
   * the first command (checks and the wait for a batch), and the database. `undefined` for one that did not ask.
   */
  end(source: object, { startedAtMs, admittedAtMs, endedAtMs }: Stages): string | undefined {
    const times = this.#asked.get(source)
    if (times === undefined) return undefined
    this.#asked.delete(source)
    const parts = [`app;dur=${rounded(endedAtMs - startedAtMs)}`]
    if (admittedAtMs > 0) parts.push(`queue;dur=${rounded(admittedAtMs - startedAtMs)}`)
    const { runsSinceMs = endedAtMs } = times
    if (times.sentAtMs !== undefined) {
      parts.push(`batch;dur=${rounded(times.sentAtMs - Math.max(startedAtMs, admittedAtMs))}`)
      parts.push(`db;dur=${rounded(times.databaseMs + endedAtMs - runsSinceMs)}`)
    }
    return parts.join(', ')
  }
}

const rounded = (ms: number): string => ms.toFixed(1)

/** Calls both, where both are there. */
export const bothCommands = (one: TraceCommand, other: TraceCommand | undefined): TraceCommand =>
  other === undefined
    ? one
    : (lane, callers) => {
        const ends = [one(lane, callers), other(lane, callers)]
        return ends.every((end) => end === undefined)
          ? undefined
          : (error) => {
              for (const end of ends) end?.(error)
            }
      }
