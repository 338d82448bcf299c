import { type Priority, priorities, priorityRank } from '@spillway/origin/contract'

/**
 * Queue of requests that wait for a slot at the origin, by priority, then in order of arrival. It absorbs bursts: a
 * slot frees up within one round trip. So it is bounded in number, bytes and time. When a priority's queue has not been
 * empty for a whole interval, the load is no burst, and nobody in it waits longer than a moment (CoDel for requests:
 * Maurer, "Fail at Scale", ACM Queue 2015; the origin does the same).
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

  /** Whether a waiter goes before a newcomer of this priority. */
  goesBefore(priority: Priority): boolean {
    const rank = priorityRank(priority)
    return this.#classes.some(({ waiting }, other) => other <= rank && waiting.length > 0)
  }

  /** @returns `undefined` when there is no room, or no time left to wait */
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

  /** Removes the first waiter for which a slot is free. */
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
    // The cast: a rank is an index of `priorities`, and each priority has a class.
    return this.#classes[priorityRank(priority)] as WaitingClass<Holder, Turn>
  }

  /** Removes expired waiters: each has a timer, but the runtime may have dropped it with its request. */
  #expire(nowMs: number): void {
    for (const { waiting } of this.#classes) {
      // Waiters are in order of arrival, so the first is nearly always the first to expire.
      for (let first = waiting[0]; first !== undefined && first.untilMs < nowMs; first = waiting[0]) {
        this.leave(first)
      }
    }
  }
}

interface WaitingClass<Holder, Turn> {
  readonly waiting: Waiter<Holder, Turn>[]
  /** Time at which a request last found this class's queue empty. */
  emptyAtMs: number
}

/** A waiting request. It is called once; a call after it gave up has no effect. */
export class Waiter<Holder, Turn> {
  /** The owner, usually a permit. */
  readonly holder: Holder
  readonly priority: Priority
  readonly heldBytes: number
  /** Epoch milliseconds. */
  readonly untilMs: number
  readonly deadlineMs: number
  /**
   * Resolves, without a value, when the turn comes, which happens during another request. The runtime continues in the
   * waiter's own context if that still exists; the waiter has its own timer in any case.
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

  /** `undefined` until the turn has come. */
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
  /** Time at which waiting becomes useless; epoch milliseconds. */
  readonly untilMs: number
  /** Time by which its answer must have arrived; epoch milliseconds. */
  readonly deadlineMs: number
  /** Bytes buffered for it meanwhile. */
  readonly heldBytes: number
}

export interface WaitLineOptions {
  readonly countMax: number
  readonly bytesMax: number
  /** Longest wait in a burst. */
  readonly waitMs: number
  /** A class whose queue was not empty for this long, ms, is overloaded, not bursting. */
  readonly intervalMs: number
  /** Longest wait in an overloaded class. */
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
