import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadChanges } from '../events/read-changes.ts'
import type { Change } from '../store/change-log.ts'

/** Entries of a resource, and the position up to which they are all. */
export interface ChangePage {
  readonly changes: readonly Change[]
  readonly position: number
  /** Whether there may be more entries after these. */
  readonly more: boolean
}

export interface TailTimes {
  /** Polling interval of the log, in ms. */
  readonly pollMs: number
  /** Pause after a poll that failed, in ms. */
  readonly pauseMs: number
}

export const tailTimes: TailTimes = { pollMs: 250, pauseMs: 1_000 }

/** Newest entries that are held, of a few hundred bytes each. */
const heldMax = 10_000

/** Time for which the tail keeps polling when nobody waits, in ms: readers who were woken come back. */
const lingerMs = 5_000

/** Entries of one poll. */
const pollMax = 500

interface Waiting {
  readonly resource: string
  wake(): void
}

/**
 * The end of the log of changes in memory. All readers that wait for changes share it, so that one query of the log, a
 * few times a second, serves them all. It does not poll if nobody has waited recently.
 */
export class ChangeTail {
  readonly #read: ReadChanges
  readonly #times: TailTimes
  readonly #waiting = new Set<Waiting>()
  #held: Change[] = []
  /** Position before the first held entry; `undefined` while it does not poll. */
  #from: number | undefined
  #position = 0
  #polling: Promise<void> | undefined
  #isStopped = false
  /** Time at which somebody waited, by `performance.now()`. */
  #waitedAtMs = 0

  constructor(read: ReadChanges, times: TailTimes = tailTimes) {
    this.#read = read
    this.#times = times
  }

  /** Position of the last entry that was seen. */
  get position(): number {
    return this.#position
  }

  /** Whether nobody waits any more, since the process ends. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Entries of a resource after a position; `undefined` if they are not all held, or it does not poll. */
  after(resource: string, position: number, limit: number): ChangePage | undefined {
    if (this.#from === undefined || position < this.#from || position > this.#position) return undefined
    const changes: Change[] = []
    for (let index = position - this.#from; index < this.#held.length; index += 1) {
      // The cast is safe: the index is one of an entry.
      const change = this.#held[index] as Change
      if (change.resource !== resource) continue
      changes.push(change)
      if (changes.length === limit) return { changes, position: change._id, more: true }
    }
    return { changes, position: this.#position, more: false }
  }

  /** Waits until there may be entries of a resource after a position, the signal is aborted, or the tail is stopped. */
  async changed(resource: string, position: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isStopped) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    const waiting: Waiting = { resource, wake }
    signal.addEventListener('abort', wake, { once: true })
    this.#waiting.add(waiting)
    try {
      this.#polling ??= this.#poll()
      // The entries since the position may have been seen before this reader came, or be older than the held ones.
      if (this.#isBehind(resource, position)) return
      await promise
    } finally {
      this.#waiting.delete(waiting)
      signal.removeEventListener('abort', wake)
    }
  }

  /** Wakes all waiting readers, and stops polling. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { wake } of this.#waiting) wake()
    await this.#polling
  }

  #isBehind(resource: string, position: number): boolean {
    if (this.#from === undefined) return false
    return position < this.#from || (this.after(resource, position, 1)?.changes.length ?? 0) > 0
  }

  async #poll(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#waiting.size > 0) this.#waitedAtMs = performance.now()
      else if (performance.now() - this.#waitedAtMs > lingerMs) break
      let pauseMs = this.#times.pollMs
      try {
        await this.#pollOnce()
      } catch {
        // Readers wait on: they come back before anybody could miss this.
        pauseMs = this.#times.pauseMs
      }
      await sleep(pauseMs, undefined, { ref: false })
    }
    this.#held = []
    this.#from = undefined
    this.#polling = undefined
  }

  async #pollOnce(): Promise<void> {
    if (this.#from === undefined) {
      this.#position = await this.#read.lastPosition()
      this.#from = this.#position
      // Each reader checks once whether something happened before the first poll.
      for (const { wake } of this.#waiting) wake()
      return
    }
    const entries = await this.#read.changesAfter(this.#position, pollMax)
    const last = entries.at(-1)
    if (last === undefined) return
    this.#held.push(...entries)
    this.#position = last._id
    if (this.#held.length > heldMax) this.#held = this.#held.slice(-heldMax / 2)
    this.#from = this.#position - this.#held.length
    const resources = new Set(entries.map(({ resource }) => resource))
    for (const { resource, wake } of this.#waiting) if (resources.has(resource)) wake()
  }
}
