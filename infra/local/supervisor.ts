import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Child,
  type ChildOptions,
  describeExit,
  type Exit,
  startChild,
} from '@spillway/origin/dev/child'
import { messageOf } from '@spillway/origin/dev/message-of'

/** Collector of a start's parts. */
export interface Supervised {
  /** Aborted when the shutdown begins; long start steps listen to it. */
  readonly signal: AbortSignal
  /** Starts a process whose exit ends the whole run. */
  start(options: ChildOptions): Promise<Child>
  /** Adds something to stop, with a time limit; 0 when the user is in a hurry. */
  stopAtEnd(stop: (graceMs?: number) => Promise<unknown>): void
  /** Ends everything after the work is done. */
  end(): void
  /** Ends everything because of a failure. */
  fail(reason: string): void
}

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const startSettlesWithinMs = 15_000
/** Under npm one Ctrl-C arrives twice: from the terminal, and forwarded by npm. */
const echoMs = 500

/**
 * Runs several processes as one: starts them, waits for Ctrl-C, SIGTERM, a closed terminal or the first exit, and stops
 * them in reverse order. A second Ctrl-C stops them without a grace period.
 *
 * @returns the exit code: 0 when asked to end, 1 after a failure
 */
export async function supervise(
  start: (stack: Supervised) => Promise<void>,
  say: (line: string) => void,
): Promise<number> {
  const ending = new AbortController()
  const stops: ((graceMs?: number) => Promise<unknown>)[] = []
  let exitCode = 0
  let isHurried = false
  let firstSignalAt = 0

  const fail = (reason: string) => {
    if (ending.signal.aborted) return
    exitCode = 1
    say(reason)
    ending.abort()
  }
  const onSignal = () => {
    if (!ending.signal.aborted) {
      firstSignalAt = performance.now()
      say('Stopping … (Ctrl-C again: at once)')
      ending.abort()
    } else if (!isHurried && performance.now() - firstSignalAt > echoMs) {
      isHurried = true
      say('Stopping at once …')
      for (const stop of stops) void stop(0).catch(() => {})
    }
  }
  for (const signal of endSignals) process.on(signal, onSignal)
  const onError = (error: unknown) => fail(messageOf(error))
  process.on('uncaughtException', onError)

  const supervised: Supervised = {
    signal: ending.signal,
    async start(options) {
      ending.signal.throwIfAborted()
      const child = await startChild(options)
      stops.push((graceMs) => child.stop(graceMs))
      child.exited.then((exit) => fail(lastLines(child, exit))).catch(onError)
      return child
    },
    stopAtEnd: (stop) => void stops.push(stop),
    end: () => ending.abort(),
    fail,
  }
  const started = Promise.try(start, supervised).catch(onError)

  if (!ending.signal.aborted) await once(ending.signal, 'abort')
  // A part must have finished starting before it can be stopped.
  await Promise.race([started, sleep(startSettlesWithinMs, undefined, { ref: false })])
  for (const stop of stops.toReversed()) {
    await stop(isHurried ? 0 : undefined).catch((error) => say(messageOf(error)))
  }

  for (const signal of endSignals) process.off(signal, onSignal)
  process.off('uncaughtException', onError)
  return exitCode
}

const lastLines = (child: Child, exit: Exit): string =>
  `${child.name} ${describeExit(exit)}. Its last lines:\n${child.tail(15)}`
