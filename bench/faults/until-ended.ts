import { setTimeout as sleep } from 'node:timers/promises'

/** Parts of a program that starts many processes. */
export interface Running {
  /** Prints a line with the seconds since the start. */
  readonly progress: (line: string) => void
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Stops what was started, at the end or on Ctrl-C. */
  readonly closing: AsyncDisposableStack
}

/** Processes that have not ended by then end with this one. */
const closeMs = 60_000

/** Runs a program to its end, or until Ctrl-C or SIGTERM, and exits. Nothing that it has started is left. */
export async function untilEnded(run: (running: Running) => Promise<void>): Promise<never> {
  const startedMs = performance.now()
  const ending = new AbortController()
  const closing = new AsyncDisposableStack()
  const onSignal = () => {
    console.error('\nstopping …')
    ending.abort()
    void closing.disposeAsync().finally(() => process.exit(130))
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  const progress = (line: string) =>
    console.error(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`)
  try {
    await run({ progress, signal: ending.signal, closing })
  } finally {
    await Promise.race([closing.disposeAsync(), sleep(closeMs)])
  }
  process.exit()
}
