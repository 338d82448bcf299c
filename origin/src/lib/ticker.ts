export interface TickerOptions {
  readonly intervalMs: number
  readonly tick: () => void
  /** Whether another tick is needed. */
  readonly isActive: () => boolean
  /** `setTimeout`, or a test's own. */
  readonly schedule: (run: () => void, delayMs: number) => void
}

/**
 * One timer for many deadlines: ticks while there is something to time, and is silent otherwise. A timer for each
 * request would cost more than most requests.
 *
 * @returns to be called when something begins that needs ticks; costs next to nothing when already ticking
 */
export function ticker({ intervalMs, tick, isActive, schedule }: TickerOptions): () => void {
  let isScheduled = false
  const run = () => {
    isScheduled = false
    tick()
    if (isActive()) start()
  }
  const start = () => {
    if (isScheduled) return
    isScheduled = true
    schedule(run, intervalMs)
  }
  return start
}
