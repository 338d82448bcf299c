import { type Priority, priorities, priorityRank } from '@spillway/origin/contract'

/**
 * A short queue before a full service: it smooths out bursts, and refuses to become a place where requests grow old.
 *
 * - Time in the queue is bounded by CoDel's idea (Nichols & Jacobson, ACM Queue 2012) in the form that Facebook uses for
 *   requests (Maurer, "Fail at Scale", ACM Queue 2015): patient while the queue has been empty lately, and hardly at all
 *   once it has stood for a whole interval, because then it is not a burst.
 * - A standing queue is served newest first (adaptive LIFO, same source): the newest still has time, and the oldest
 *   would most likely be answered to nobody.
 * - Classes are served in order of priority. Critical requests have a bound of their own, however the queue stands: they
 *   come to wait where the service has stalled for a moment (an election, a pause, a neighbour), since what comes free is
 *   theirs first, and with the delay that service may add they still end in half of their second.
 */
export interface WaitQueueOptions {
  /** Requests of one class that may wait. @default 256 */
  readonly lengthMax?: number
  /** Longest wait while the queue is a burst, and the time after which it is not, in ms. @default 100 */
  readonly intervalMs?: number
  /** Longest wait in a standing queue, in ms. @default 10 */
  readonly standingMs?: number
  /** Longest wait of a critical request, in ms. @default 300 */
  readonly criticalMs?: number
}

/** Someone who waits; called once, with the one or the other. */
export interface Waiter {
  /** @param now when service starts, in ms of the clock */
  admitted(now: number): void
  refused(reason: 'queueTime' | 'deadline'): void
}

export interface Turn {
  readonly waiter: Waiter
  readonly priority: Priority
  readonly waitedMs: number
}

interface Entry {
  readonly waiter: Waiter
  readonly priority: Priority
  readonly since: number
  readonly expires: number
  readonly deadline: number
}

export class WaitQueue {
  readonly #lengthMax: number
  readonly #intervalMs: number
  readonly #standingMs: number
  readonly #criticalMs: number
  readonly #refused: (priority: Priority, reason: 'queueTime' | 'deadline') => void
  /** By rank of priority; oldest first. */
  readonly #classes: Entry[][] = priorities.map(() => [])
  #length = 0
  #emptyAt = 0

  /** @param refused called beside the waiter's own, to be counted */
  constructor(
    { lengthMax = 256, intervalMs = 100, standingMs = 10, criticalMs = 300 }: WaitQueueOptions,
    refused: (priority: Priority, reason: 'queueTime' | 'deadline') => void,
  ) {
    this.#refused = refused
    this.#lengthMax = lengthMax
    this.#intervalMs = intervalMs
    this.#standingMs = standingMs
    this.#criticalMs = criticalMs
  }

  get length(): number {
    return this.#length
  }

  /** Whether the queue has not been empty for a whole interval. */
  isStanding(now: number): boolean {
    return this.#length > 0 && now - this.#emptyAt > this.#intervalMs
  }

  /** @returns `false` where the class has no room */
  push(priority: Priority, deadline: number, waiter: Waiter, now: number): boolean {
    const rank = priorityRank(priority)
    const entries = this.#classes[rank] as Entry[]
    if (entries.length >= this.#lengthMax) return false
    if (this.#length === 0) this.#emptyAt = now
    entries.push({ waiter, priority, since: now, expires: now + this.#patienceMs(rank, now), deadline })
    this.#length += 1
    return true
  }

  /**
   * Takes the one whose turn it is among the classes that may start, refusing on the way those who have waited too long
   * or could not finish in time.
   *
   * @param expectedMs time that service will take
   */
  take(mayStart: (rank: number) => boolean, expectedMs: number, now: number): Turn | undefined {
    const isStanding = this.isStanding(now)
    for (let rank = 0; rank < this.#classes.length; rank += 1) {
      const entries = this.#classes[rank] as Entry[]
      while (entries.length > 0 && mayStart(rank)) {
        const entry = (isStanding ? entries.pop() : entries.shift()) as Entry
        this.#length -= 1
        const { waiter, priority, since } = entry
        if (!this.#refuseIfLate(entry, expectedMs, now)) return { waiter, priority, waitedMs: now - since }
      }
    }
    return undefined
  }

  /** Refuses everyone who has waited too long or can no longer be served in time. */
  expire(expectedMs: number, now: number): void {
    for (const [rank, entries] of this.#classes.entries()) {
      if (entries.length === 0) continue
      const left = entries.filter((entry) => !this.#refuseIfLate(entry, expectedMs, now))
      this.#length -= entries.length - left.length
      this.#classes[rank] = left
    }
  }

  /** Forgets someone who has left. */
  remove(waiter: Waiter): boolean {
    for (const entries of this.#classes) {
      const index = entries.findIndex((entry) => entry.waiter === waiter)
      if (index === -1) continue
      entries.splice(index, 1)
      this.#length -= 1
      return true
    }
    return false
  }

  #patienceMs(rank: number, now: number): number {
    if (rank === 0) return this.#criticalMs
    return this.isStanding(now) ? this.#standingMs : this.#intervalMs
  }

  #refuseIfLate({ waiter, priority, expires, deadline }: Entry, expectedMs: number, now: number): boolean {
    const reason = deadline - now < expectedMs ? 'deadline' : now >= expires ? 'queueTime' : undefined
    if (reason === undefined) return false
    this.#refused(priority, reason)
    waiter.refused(reason)
    return true
  }
}
