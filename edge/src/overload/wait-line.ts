import { type Priority, priorities, priorityRank } from '@spillway/origin/contract'

/**
 * Line of requests that wait for a place at the origin, by priority and then in the order in which they came. It is
 * there for bursts: a place comes free in the time of an answer. So it is bounded in number, in bytes and in time, and
 * where a class has had somebody waiting for a whole interval it is no burst, and nobody waits longer than a moment
 * (CoDel's idea in the form for requests: Maurer, "Fail at Scale", ACM Queue 2015; the origin has the same).
 */
export class WaitLine<Holder, Turn> {
  readonly #options: WaitLineOptions
  /** By rank of priority. */
  readonly #classes = priorities.map(
    (): WaitingClass<Holder, Turn> => ({ waiting: [], emptyAtMs: Number.NEGATIVE_INFINITY }),
  )
  #bytes = 0
  #length = 0

  constructor(options: WaitLineOptions = waitLineDefaults) {
    this.#options = options
  }

  get length(): number {
    return this.#length
  }

  get isFull(): boolean {
    return this.#length >= this.#options.countMax
  }

  /** Whether somebody waits who goes before a newcomer of this priority. */
  goesBefore(priority: Priority): boolean {
    const rank = priorityRank(priority)
    return this.#classes.some(({ waiting }, other) => other <= rank && waiting.length > 0)
  }

  /** @returns `undefined` where there is no room, or no time to wait in */
  join(holder: Holder, order: WaitOrder, nowMs: number): Waiter<Holder, Turn> | undefined {
    const { bytesMax, intervalMs, standingMs, waitMs } = this.#options
    const { heldBytes, priority } = order
    this.#expire(nowMs)
    if (this.isFull || this.#bytes + heldBytes > bytesMax) return undefined
    const line = this.#classOf(priority)
    if (line.waiting.length === 0) line.emptyAtMs = nowMs
    const isStanding = nowMs - line.emptyAtMs > intervalMs
    const untilMs = Math.min(order.untilMs, nowMs + (isStanding ? standingMs : waitMs))
    if (untilMs <= nowMs) return undefined
    const waiter = new Waiter<Holder, Turn>(holder, { ...order, untilMs })
    line.waiting.push(waiter)
    this.#bytes += heldBytes
    this.#length += 1
    return waiter
  }

  /** Takes the one whose turn it is among those whom there is a place for. */
  take(hasPlace: (priority: Priority) => boolean, nowMs: number): Waiter<Holder, Turn> | undefined {
    if (this.#length === 0) return undefined
    this.#expire(nowMs)
    for (const { waiting } of this.#classes) {
      const first = waiting[0]
      if (first === undefined || !hasPlace(first.priority)) continue
      this.leave(first)
      return first
    }
    return undefined
  }

  leave(waiter: Waiter<Holder, Turn>): void {
    const { waiting } = this.#classOf(waiter.priority)
    const at = waiting.indexOf(waiter)
    if (at === -1) return
    waiting.splice(at, 1)
    this.#bytes -= waiter.heldBytes
    this.#length -= 1
  }

  #classOf(priority: Priority): WaitingClass<Holder, Turn> {
    // A rank is an index of `priorities`, and there is a class for each of those.
    return this.#classes[priorityRank(priority)] as WaitingClass<Holder, Turn>
  }

  /** Removes waiters whose time is up: each has a timer, but the runtime may have dropped it together with its request. */
  #expire(nowMs: number): void {
    for (const { waiting } of this.#classes) {
      // In the order in which they came, so that nearly always the first is the first to give up.
      for (let first = waiting[0]; first !== undefined && first.untilMs < nowMs; first = waiting[0]) {
        this.leave(first)
      }
    }
  }
}

interface WaitingClass<Holder, Turn> {
  readonly waiting: Waiter<Holder, Turn>[]
  /** When somebody last came who found nobody of this class waiting. */
  emptyAtMs: number
}

/** A request that waits. It is told its turn once; a turn that comes when it has given up is not its own any more. */
export class Waiter<Holder, Turn> {
  /** On whose behalf it waits. */
  readonly holder: Holder
  readonly priority: Priority
  readonly heldBytes: number
  /** Epoch milliseconds. */
  readonly untilMs: number
  readonly deadlineMs: number
  /**
   * Resolves to plain data when its turn comes, in the course of another request: the runtime goes on in the waiter's own
   * context then, where that still exists, and the waiter has a timer of its own in any case.
   */
  readonly called: Promise<void>
  readonly #call: () => void
  #turn: Turn | undefined

  constructor(holder: Holder, { deadlineMs, heldBytes, priority, untilMs }: WaitOrder) {
    this.holder = holder
    this.priority = priority
    this.heldBytes = heldBytes
    this.untilMs = untilMs
    this.deadlineMs = deadlineMs
    const { promise, resolve } = Promise.withResolvers<void>()
    this.called = promise
    this.#call = resolve
  }

  /** `undefined`: its turn has not come. */
  get turn(): Turn | undefined {
    return this.#turn
  }

  give(turn: Turn): void {
    this.#turn = turn
    this.#call()
  }
}

export interface WaitOrder {
  readonly priority: Priority
  /** When waiting is of no use any more; epoch milliseconds. */
  readonly untilMs: number
  /** When its answer must be here; epoch milliseconds. */
  readonly deadlineMs: number
  /** Bytes kept in memory for it meanwhile. */
  readonly heldBytes: number
}

export interface WaitLineOptions {
  readonly countMax: number
  readonly bytesMax: number
  /** Longest wait in a burst. */
  readonly waitMs: number
  /** A class in which somebody has waited for this long, ms, is no burst. */
  readonly intervalMs: number
  /** Longest wait then. */
  readonly standingMs: number
}

/** A third of a caller's second, and a sixteenth of an isolate's memory for bodies. */
export const waitLineDefaults: WaitLineOptions = {
  countMax: 512,
  bytesMax: 8_388_608,
  waitMs: 350,
  intervalMs: 1_000,
  standingMs: 20,
}
