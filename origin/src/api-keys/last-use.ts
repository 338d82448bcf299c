import type { Resource } from '@spillway/origin/contract'
import type { SystemWork } from '../background/system-work.ts'
import { reasonOf } from '../store/database-error.ts'
import { KeyChanges, type KeyResource } from './key-changes.ts'

/** Age of a noted use from which a key's use is noted again. */
const precisionMs = 10 * 60_000
const flushMs = 30_000
/** Keys whose use waits to be noted, at most; edges report the others again. */
const waitingMax = 10_000
const flushedAtOnce = 50

export interface LastUseOptions {
  readonly resource: Resource
  readonly work: SystemWork
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  readonly onFailure: (reason: string) => void
}

/**
 * Notes in each key when it was last used: to about ten minutes, so that a busy key costs one write in this time for
 * each process. A crash loses what was not flushed, half a minute at most.
 */
export class LastUse {
  readonly #options: LastUseOptions
  /** Time at which this process has last noted a key, by id. */
  readonly #noted = new Map<string, number>()
  #waiting = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(options: LastUseOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.flush(), flushMs).unref()
  }

  note(ids: readonly string[]): void {
    const freshAfter = this.#options.clock() - precisionMs
    for (const id of ids) {
      if (this.#waiting.size >= waitingMax) return
      if ((this.#noted.get(id) ?? Number.NEGATIVE_INFINITY) < freshAfter) this.#waiting.add(id)
    }
  }

  async flush(): Promise<void> {
    const ids = [...this.#waiting]
    this.#waiting = new Set()
    for (let from = 0; from < ids.length; from += flushedAtOnce) {
      await Promise.all(ids.slice(from, from + flushedAtOnce).map((id) => this.#noteOne(id)))
    }
  }

  /** Flushes what waits, and ends. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #noteOne(id: string): Promise<void> {
    const { resource, work, clock, onFailure } = this.#options
    const nowMs = clock()
    const staleBefore = new Date(nowMs - precisionMs).toISOString()
    try {
      await work.transact(
        // The cast is safe: the resource is that of the keys.
        (store, now) => new KeyChanges(store, resource as KeyResource, now).noteUse(id, staleBefore),
        { signal: AbortSignal.timeout(10_000), deadline: performance.now() + 5_000, via: 'keys' },
      )
      if (this.#noted.size >= waitingMax) this.#noted.clear()
      this.#noted.set(id, nowMs)
    } catch (error) {
      // An edge tells of the next use.
      onFailure(reasonOf(error))
    }
  }
}
