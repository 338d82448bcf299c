export interface TickerOptions {
  readonly intervalMs: number
  readonly tick: () => void
  /** Whether another tick is needed. */
  readonly isActive: () => boolean
  /** `setTimeout`, or a test's replacement. */
  readonly schedule: (run: () => void, delayMs: number) => void
}

/**
 * One timer for many deadlines: ticks only while `isActive`. A timer per request would cost more than most requests do.
 *
 * @returns a function to call when something begins that needs ticks; almost free while already ticking
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
