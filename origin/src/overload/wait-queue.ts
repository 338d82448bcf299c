import { type Priority, priorities, priorityRank } from '@spillway/origin/contract'

/**
 * A short queue before a full service: it smooths out bursts, and refuses to become a place where requests grow old.
 *
 * - Time in the queue is bounded by CoDel's idea (Nichols & Jacobson, ACM Queue 2012) in the form that Facebook uses for
 *   requests (Maurer, "Fail at Scale", ACM Queue 2015): patient while a class has found its line empty lately, and hardly
 *   at all once the line has stood for a whole interval, because then it is not a burst. An empty line out of which
 *   somebody was refused within the interval counts as standing: else each late tick, which refuses all at once, would
 *   begin another patient interval, at whose end hundreds are refused at once and make the next tick late.
 * - Those who have waited too long are refused together, tick by tick. To refuse the oldest whenever a newer one came
 *   to a line that will not be served was tried, and a lower class at once where a higher one stood: each refusal then
 *   wakes its caller alone, and on a busy machine goodput at ten times the capacity fell by a tenth and more.
 * - A standing line is served newest first (adaptive LIFO, same source): the newest still has time, and the oldest
 *   would most likely be answered to nobody.
 * - Classes are served in order of priority, and each has its own line: what stands in a lower class says nothing about
 *   a burst in a higher one. Critical requests have a bound of their own, however their line stands: they come to wait
 *   where the service has stalled for a moment (an election, a pause, a neighbour), since what comes free is theirs
 *   first, and with the delay that service may add they still end in half of their second.
 */
export interface WaitQueueOptions {
  /** Requests of one class that may wait. @default 256 */
  readonly lengthMax?: number
  /** Longest wait in a burst, and the time after which it is none, in ms. @default 100 */
  readonly intervalMs?: number
  /** Longest wait in a standing line, in ms. @default 10 */
  readonly standingMs?: number
  /** Longest wait of a critical request, in ms. @default 300 */
  readonly criticalMs?: number
}

/** Someone who waits; called once, with the one or the other, unless gone. */
export interface Waiter {
  /** Whether nobody is there any more to be answered: asked when its turn comes, and at every tick. */
  readonly isGone: boolean
  /** @param now when service starts, in ms of the clock */
  admitted(now: number): void
  refused(reason: 'queueTime' | 'deadline'): void
}

/** Why somebody leaves without a turn. */
type Leaving = 'queueTime' | 'deadline' | 'gone'

export interface Turn {
  readonly waiter: Waiter
  readonly priority: Priority
  readonly waitedMs: number
}

interface Entry {
  readonly waiter: Waiter
  readonly since: number
  readonly expires: number
  readonly deadline: number
}

/** Queue of one class. */
interface Line {
  readonly priority: Priority
  /** Oldest first. */
  entries: Entry[]
  /** When somebody last came who found it empty, and nobody refused within the interval before. */
  emptyAt: number
  /** When somebody was last refused. */
  refusedAt: number
}

export class WaitQueue {
  readonly #lengthMax: number
  readonly #intervalMs: number
  readonly #standingMs: number
  readonly #criticalMs: number
  readonly #left: (priority: Priority, reason: Leaving) => void
  /** By rank of priority. */
  readonly #lines: readonly Line[] = priorities.map((priority) => ({
    priority,
    entries: [],
    emptyAt: 0,
    refusedAt: Number.NEGATIVE_INFINITY,
  }))
  #length = 0

  /** @param left called for each who leaves without a turn, to be counted */
  constructor(
    { lengthMax = 256, intervalMs = 100, standingMs = 10, criticalMs = 300 }: WaitQueueOptions,
    left: (priority: Priority, reason: Leaving) => void,
  ) {
    this.#left = left
    this.#lengthMax = lengthMax
    this.#intervalMs = intervalMs
    this.#standingMs = standingMs
    this.#criticalMs = criticalMs
  }

  get length(): number {
    return this.#length
  }

  /** Whether in some class there has been a line for a whole interval. */
  isStanding(now: number): boolean {
    return this.#lines.some((line) => line.entries.length > 0 && this.#stands(line, now))
  }

  /** @returns `false` where the class has no room */
  push(priority: Priority, deadline: number, waiter: Waiter, now: number): boolean {
    const line = this.#lines[priorityRank(priority)] as Line
    if (line.entries.length >= this.#lengthMax) return false
    if (line.entries.length === 0 && now - line.refusedAt > this.#intervalMs) line.emptyAt = now
    line.entries.push({ waiter, since: now, expires: now + this.#patienceMs(line, now), deadline })
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
    for (let rank = 0; rank < this.#lines.length; rank += 1) {
      const line = this.#lines[rank] as Line
      const { entries, priority } = line
      const isStanding = this.#stands(line, now)
      while (entries.length > 0 && mayStart(rank)) {
        const entry = (isStanding ? entries.pop() : entries.shift()) as Entry
        if (this.#leaves(line, entry, expectedMs, now)) continue
        this.#length -= 1
        return { waiter: entry.waiter, priority, waitedMs: now - entry.since }
      }
    }
    return undefined
  }

  /** Refuses everyone who has waited too long or can no longer be served in time. */
  expire(expectedMs: number, now: number): void {
    for (const line of this.#lines) {
      const { entries } = line
      if (entries.length === 0) continue
      line.entries = entries.filter((entry) => !this.#leaves(line, entry, expectedMs, now))
    }
  }

  #stands({ emptyAt }: Line, now: number): boolean {
    return now - emptyAt > this.#intervalMs
  }

  #patienceMs(line: Line, now: number): number {
    if (line.priority === 'critical') return this.#criticalMs
    return this.#stands(line, now) ? this.#standingMs : this.#intervalMs
  }

  /** Whether it leaves without a turn; if so, it is told and counted. */
  #leaves(line: Line, { waiter, expires, deadline }: Entry, expectedMs: number, now: number): boolean {
    const isInTime = deadline - now >= expectedMs
    if (!waiter.isGone && isInTime && now < expires) return false
    this.#length -= 1
    if (waiter.isGone) {
      this.#left(line.priority, 'gone')
      return true
    }
    const reason = isInTime ? 'queueTime' : 'deadline'
    line.refusedAt = now
    this.#left(line.priority, reason)
    waiter.refused(reason)
    return true
  }
}
