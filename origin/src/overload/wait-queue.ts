import { type Priority, priorities, priorityRank } from '@spillway/origin/contract'

/**
 * A short queue in front of a full service. It absorbs bursts, and keeps requests from growing old in it.
 *
 * - CoDel's idea (Nichols & Jacobson, ACM Queue 2012) bounds the time in the queue, in the form that Facebook uses for
 *   requests (Maurer, "Fail at Scale", ACM Queue 2015): a request may wait long while its queue was empty within the
 *   last interval, and hardly at all once the queue has stood for a whole interval, because then it is no burst. An
 *   empty queue from which a request was refused within the interval counts as standing. Otherwise each late tick,
 *   which refuses many at once, would begin another patient interval, whose end refuses hundreds at once and makes the
 *   next tick late.
 * - Each tick refuses all requests that have waited too long. Two alternatives were tried: refusing the oldest when a
 *   newer one arrives, and refusing a lower class at once while a higher one stands. Both wake one caller at a time,
 *   and on a busy machine goodput at ten times the capacity fell by more than a tenth.
 * - A standing queue is served newest first (adaptive LIFO, same source): the newest request still has time, and the
 *   caller of the oldest has most likely left.
 * - Each priority class has its own queue, and the highest class is served first: a standing queue of a lower class
 *   says nothing about a burst in a higher one. Critical requests have their own bound. They wait where the service
 *   stalls for a moment (an election, a GC pause, a noisy neighbour), because every free slot goes to them first. With
 *   the delay that service may add, they still end within half of their second.
 */

export interface WaitQueueOptions {
  /** Requests of one class that may wait. @default 256 */
  readonly lengthMax?: number
  /** Longest wait in a burst, and the longest that a burst lasts, in ms. @default 100 */
  readonly intervalMs?: number
  /** Longest wait in a standing line, in ms. @default 10 */
  readonly standingMs?: number
  /** Longest wait of a critical request, in ms. @default 300 */
  readonly criticalMs?: number
}

/** A waiting request. Exactly one of `admitted` and `refused` is called, unless its caller has left. */
export interface Waiter {
  /** Whether the caller has left: asked when its turn comes, and at every tick. */
  readonly isGone: boolean
  /** @param now when service starts, in ms of the clock */
  admitted(now: number): void
  refused(reason: 'queueTime' | 'deadline'): void
}

/** Reason why a request leaves the queue without being admitted. */
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
  /** Time at which a request last found it empty, with no refusal in the interval before. */
  emptyAt: number
  /** Time of the last refusal. */
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

  /** @param left called for each request that leaves without being admitted, to be counted */
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

  /** Whether the queue of some class has stood for a whole interval. */
  isStanding(now: number): boolean {
    return this.#lines.some((line) => line.entries.length > 0 && this.#stands(line, now))
  }

  /** @returns `false` if the queue of the class is full */
  push(priority: Priority, deadline: number, waiter: Waiter, now: number): boolean {
    // The cast is safe: there is a line for each priority.
    const line = this.#lines[priorityRank(priority)] as Line
    if (line.entries.length >= this.#lengthMax) return false
    if (line.entries.length === 0 && now - line.refusedAt > this.#intervalMs) line.emptyAt = now
    line.entries.push({ waiter, since: now, expires: now + this.#patienceMs(line, now), deadline })
    this.#length += 1
    return true
  }

  /**
   * Takes the next request among the classes that may start. Refuses on the way those that have waited too long or
   * cannot finish in time.
   *
   * @param expectedMs expected service time, in ms
   */
  take(mayStart: (rank: number) => boolean, expectedMs: number, now: number): Turn | undefined {
    for (let rank = 0; rank < this.#lines.length; rank += 1) {
      // The casts are safe: `rank` is an index of the lines, and a line with a length has an entry.
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

  /** Refuses all requests that have waited too long or cannot finish in time. */
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

  /** Whether a request leaves without being admitted; if so, it is refused and counted. */
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
