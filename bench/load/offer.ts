import { performance } from 'node:perf_hooks'

/** Action to run at each of these times (ms since the start, in order). */
export interface Plan {
  readonly times: Iterator<number>
  /** @param intendedMs the time it was planned for, on the clock of `performance.now()` */
  readonly act: (intendedMs: number, atMs: number) => void
}

/**
 * Runs plans on time, and late rather than never. Timers count whole milliseconds, so actions due within the same one
 * run together; each is still counted from its own time.
 *
 * @returns when `durationMs` is over
 */
export function offer(plans: readonly Plan[], durationMs: number): Promise<void> {
  const startMs = performance.now()
  const due = plans.map(({ times }) => next(times))
  return new Promise((resolve) => {
    const tick = () => {
      const nowMs = performance.now() - startMs
      let soonestMs = durationMs
      for (const [i, plan] of plans.entries()) {
        let atMs = due[i] as number
        for (; atMs <= nowMs; atMs = next(plan.times)) plan.act(startMs + atMs, atMs)
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
