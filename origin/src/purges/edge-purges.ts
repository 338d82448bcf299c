import { setTimeout as sleep } from 'node:timers/promises'
import { purgeCall } from '@spillway/origin/contract'
import type { PurgeObservation, Purges } from './purges.ts'

export interface EdgePurgesOptions {
  /** Sends one call. @returns what went wrong */
  readonly send: (tags: readonly string[]) => Promise<string | undefined>
  readonly observe: (observation: PurgeObservation) => void
  readonly sleep?: (timeMs: number) => Promise<void>
  /** 0 to 1. @default Math.random */
  readonly random?: () => number
}

/** Tags that wait while the edge takes none, of about a hundred bytes each. Beyond it the oldest are given up. */
const waitingMax = 20_000
const [backoffBaseMs, backoffMaxMs] = [200, 30_000]
/** Time for the last tags when the process stops, and longest pause between calls then, in ms. */
const [graceMs, lastPauseMs] = [5_000, 500]

/** A commit that waits for its tags. */
interface Waiter {
  readonly left: Set<string>
  readonly resolve: () => void
}

/**
 * Sends tags to the edge, one call at a time: what is purged during a call goes together into the next one. A call that
 * fails is repeated, after pauses that grow.
 */
export class EdgePurges implements Purges {
  readonly #options: Required<EdgePurgesOptions>
  /** In the order in which they came. */
  readonly #waiting = new Set<string>()
  readonly #waiters = new Set<Waiter>()
  #sending: Promise<void> | undefined
  /** Tags of the call that is under way. */
  #sent = 0
  readonly #stopping = Promise.withResolvers<void>()
  #isStopping = false
  #isOver = false

  constructor(options: EdgePurgesOptions) {
    this.#options = {
      sleep: (timeMs) => sleep(timeMs, undefined, { ref: false }),
      random: Math.random,
      ...options,
    }
  }

  /** Tags that the edge has not purged yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  async purge(tags: readonly string[], waitMs: number): Promise<void> {
    if (tags.length === 0) return
    for (const tag of tags) this.#waiting.add(tag)
    this.#dropOldest()
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter = { left: new Set(tags), resolve }
    this.#waiters.add(waiter)
    this.#sending ??= this.#sendAll()
    const enough = new AbortController()
    const late = sleep(waitMs, undefined, { signal: enough.signal, ref: false }).catch(() => {})
    await Promise.race([promise, late])
    enough.abort()
    this.#waiters.delete(waiter)
  }

  /** Sends what waits, at once and again after short pauses, for a bounded time. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#stopping.resolve()
    if (this.#sending !== undefined) await Promise.race([this.#sending, this.#options.sleep(graceMs)])
    this.#isOver = true
    const tags = this.#waiting.size + this.#sent
    if (tags > 0) this.#options.observe({ kind: 'dropped', tags })
  }

  async #sendAll(): Promise<void> {
    const { send, observe, sleep: pause, random } = this.#options
    for (let failures = 0; this.#waiting.size > 0; ) {
      const batch = [...this.#waiting].slice(0, purgeCall.tagsMax)
      // A tag that comes again meanwhile is purged again: the edge may have read the document in between.
      for (const tag of batch) this.#waiting.delete(tag)
      const told = [...this.#waiters]
      this.#sent = batch.length
      const reason = await send(batch)
      if (this.#isOver) break
      this.#sent = 0
      if (reason === undefined) {
        failures = 0
        for (const waiter of told) {
          for (const tag of batch) waiter.left.delete(tag)
          if (waiter.left.size === 0) waiter.resolve()
        }
        continue
      }
      for (const tag of batch) this.#waiting.add(tag)
      this.#dropOldest()
      observe({ kind: 'failed', reason, waiting: this.#waiting.size })
      failures += 1
      const longestMs = this.#isStopping ? lastPauseMs : backoffMaxMs
      const pausing = pause(random() * Math.min(longestMs, backoffBaseMs * 2 ** failures))
      await (this.#isStopping ? pausing : Promise.race([pausing, this.#stopping.promise]))
      if (this.#isOver) break
    }
    this.#sending = undefined
  }

  #dropOldest(): void {
    const tags = this.#waiting.size - waitingMax
    if (tags <= 0) return
    for (const tag of [...this.#waiting].slice(0, tags)) this.#waiting.delete(tag)
    this.#options.observe({ kind: 'dropped', tags })
  }
}
