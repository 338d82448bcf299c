import { performance } from 'node:perf_hooks'

/** An action, and the times at which to run it: ms since the start, in order. */
export interface Schedule {
  readonly times: Iterator<number>
  /** @param intendedMs the time it was planned for, on the clock of `performance.now()` */
  readonly act: (intendedMs: number, atMs: number) => void
}

/**
 * Runs each action at its time; a late one runs at once and is never dropped. Timers count whole milliseconds, so
 * actions due within the same one run together; each is still counted from its own time.
 *
 * @returns when `durationMs` is over
 */
export function offer(schedules: readonly Schedule[], durationMs: number): Promise<void> {
  const startMs = performance.now()
  const due = schedules.map(({ times }) => next(times))
  return new Promise((resolve) => {
    const tick = () => {
      const nowMs = performance.now() - startMs
      let soonestMs = durationMs
      for (const [i, schedule] of schedules.entries()) {
        // The cast is safe: each schedule has a next time.
        let atMs = due[i] as number
        for (; atMs <= nowMs; atMs = next(schedule.times)) schedule.act(startMs + atMs, atMs)
        due[i] = atMs
        soonestMs = Math.min(soonestMs, atMs)
      }
      if (nowMs >= durationMs && soonestMs >= durationMs) resolve()
      else setTimeout(tick, Math.max(1, soonestMs - nowMs))
    }
    tick()
  })
}

const next = (times: Iterator<number>): number => {
  const { value, done } = times.next()
  return done ? Number.POSITIVE_INFINITY : value
}
