import { type Load, type Priority, priorities, priorityRank } from '@spillway/origin/contract'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { Breaker } from './breaker.ts'
import {
  type EndOfCall,
  type GateReason,
  Permit,
  type Started,
  type StartOptions,
  type Turn,
} from './permit.ts'
import { Throttle } from './throttle.ts'
import { type Waiter, WaitLine } from './wait-line.ts'

/** Share of the limit that each priority may fill, which leaves room for more important requests. */
const limitShare: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.9, background: 0.6 }

/** Origin utilization from which a priority is held back here. The origin itself refuses critical requests. */
const utilizationMax: Readonly<Record<Priority, number>> = {
  critical: Number.POSITIVE_INFINITY,
  normal: 1.5,
  background: 0.9,
}

/** Ignores an older load signal: a request must get through to bring a new one. */
const loadMaxAgeMs = 1_000

/** A timeout noticed later than this after its deadline does not count against the origin. */
const lagMaxMs = 100

/** Longest life of a request: every deadline is well below. */
const startedMaxMs = 10_000

/**
 * Combines everything that this isolate knows of one origin's health, and decides which requests may go there. The
 * order matters: free checks first, then the throttle, which counts its refusals, and the limit last. A request that
 * lacks only a slot waits briefly for one; a flood that the origin refuses must not wait for slots that it will not
 * get.
 *
 * {@link OriginGate.reserve} checks everything but the limit and returns a {@link Permit}, whose `start` asks for a
 * slot.
 */
export class OriginGate {
  readonly #breaker: Breaker
  readonly #limit: AdaptiveLimit
  readonly #throttles: readonly Throttle[]
  readonly #line: WaitLine<Permit, Turn>
  /** Permits that are started and not ended, in order of their start. */
  readonly #open = new Set<Permit>()
  readonly #hasSlot = (priority: Priority): boolean =>
    this.#open.size < Math.max(1, this.limit * limitShare[priority])
  /** Gives permits access to the gate's private members; one object for all. */
  readonly #desk = {
    start: (permit: Permit, nowMs: number, options: StartOptions) => this.#start(permit, nowMs, options),
    turnOf: (waiter: Waiter<Permit, Turn>) => this.#turnOf(waiter),
    end: (permit: Permit, call: EndOfCall) => this.#end(permit, call),
  }
  #load: Load | undefined
  #loadAtMs = Number.NEGATIVE_INFINITY

  constructor(
    breaker = new Breaker(),
    limit = new AdaptiveLimit(),
    throttles = priorities.map(() => new Throttle()),
    line = new WaitLine<Permit, Turn>(),
  ) {
    this.#breaker = breaker
    this.#limit = limit
    this.#throttles = throttles
    this.#line = line
  }

  get inflight(): number {
    return this.#open.size
  }

  get limit(): number {
    return this.#limit.limit
  }

  get waiting(): number {
    return this.#line.length
  }

  /** Milliseconds after which a refused caller may succeed. */
  openForMs(nowMs: number): number {
    return this.#breaker.openForMs(nowMs)
  }

  /** The reason why {@link reserve} would refuse now, as far as that is known without counting the request. */
  closedReason(priority: Priority, nowMs: number): Exclude<GateReason, 'throttled'> | undefined {
    if (this.#heldBackByLoad(priority, nowMs)) return 'origin-load'
    if (this.#breaker.state(nowMs) === 'open') return 'breaker-open'
    return this.#line.isFull && !this.#isFree(priority, nowMs) ? 'limit' : undefined
  }

  /**
   * Asks the throttle, once per request. A permit takes no slot until it starts, so a slowly arriving body holds none,
   * and an unused permit needs no return: its probe reservation lapses by itself.
   *
   * @param random in [0, 1)
   */
  reserve(priority: Priority, nowMs: number, random: number): Permit | GateReason {
    const reason = this.closedReason(priority, nowMs)
    if (reason !== undefined) return reason
    return this.#throttle(priority).reserve(nowMs, random) ? new Permit(priority, this.#desk) : 'throttled'
  }

  #start(permit: Permit, nowMs: number, { wait }: StartOptions): Turn | GateReason | Waiter<Permit, Turn> {
    const { priority } = permit
    const reason = this.closedReason(priority, nowMs)
    if (reason !== undefined) return reason
    if (this.#isFree(priority, nowMs)) return this.#take(permit, nowMs, wait?.deadlineMs)
    if (wait === undefined) return 'limit'
    const { deadlineMs, heldBytes } = wait
    const untilMs = deadlineMs - this.#limit.serviceMs(nowMs)
    return this.#line.join(permit, { priority, heldBytes, untilMs, deadlineMs }, nowMs) ?? 'limit'
  }

  /** The turn of a waiter; a waiter without a turn leaves the queue. */
  #turnOf(waiter: Waiter<Permit, Turn>): Turn {
    if (waiter.turn === undefined) this.#line.leave(waiter)
    return waiter.turn ?? 'limit'
  }

  #end(permit: Permit, call: EndOfCall): void {
    if (!this.#open.delete(permit)) return
    const { load, nowMs, outcome } = call
    if (load !== undefined) {
      this.#load = load
      this.#loadAtMs = nowMs
    }
    // A late timer means that this isolate's event loop was busy: the answer may have arrived, unread.
    const isOwnLag = outcome === 'timeout' && nowMs - permit.deadlineMs > lagMaxMs
    if (outcome === 'abandoned' || isOwnLag) this.#breaker.abandoned(permit.passage)
    else this.#learn(permit, outcome, call)
    this.#callNext(nowMs)
  }

  #learn(
    { inflight, passage, priority, startedAtMs }: Started,
    outcome: Exclude<EndOfCall['outcome'], 'abandoned'>,
    { load, nowMs, random }: EndOfCall,
  ): void {
    const isOwnFault = outcome === 'own-fault'
    const overloaded = !isOwnFault && outcome !== 'accepted'
    // The latency of an own fault is that of the application's code.
    if (!isOwnFault) {
      this.#limit.observe({ overloaded, latencyMs: nowMs - startedAtMs, inflight, load }, nowMs)
    }
    const throttle = this.#throttle(priority)
    if (outcome === 'unreachable' || outcome === 'timeout') {
      throttle.refused(nowMs)
      this.#breaker.failed(passage, nowMs, random)
      return
    }
    if (this.#breaker.succeeded()) {
      for (const each of this.#throttles) each.forget()
      this.#limit.restart()
    }
    if (overloaded) throttle.refused(nowMs)
    else throttle.accepted(nowMs)
  }

  /** Whether a slot is free for a newcomer, with no waiter before it. */
  #isFree(priority: Priority, nowMs: number): boolean {
    if (!this.#hasSlot(priority)) {
      this.#forgetLost(nowMs)
      if (!this.#hasSlot(priority)) return false
    }
    if (this.#line.length === 0) return true
    this.#callNext(nowMs)
    return this.#hasSlot(priority) && !this.#line.goesBefore(priority)
  }

  /** Gives a permit its slot, if the breaker lets it pass. */
  #take(permit: Permit, nowMs: number, deadlineMs = Number.POSITIVE_INFINITY): Turn {
    const passage = this.#breaker.pass(nowMs)
    if (passage === undefined) return 'breaker-open'
    this.#throttle(permit.priority).sent(nowMs)
    this.#open.add(permit)
    return permit.begin({ passage, startedAtMs: nowMs, deadlineMs, inflight: this.#open.size })
  }

  /** Gives free slots to waiters. When the breaker opens, waiters leave at once. */
  #callNext(nowMs: number): void {
    const isOpen = this.#breaker.state(nowMs) === 'open'
    for (;;) {
      const waiter = this.#line.take(isOpen ? () => true : this.#hasSlot, nowMs)
      if (waiter === undefined) return
      waiter.give(isOpen ? 'breaker-open' : this.#take(waiter.holder, nowMs, waiter.deadlineMs))
    }
  }

  /** Drops lost permits: the runtime may drop a request together with its pending work. */
  #forgetLost(nowMs: number): void {
    for (const permit of this.#open) {
      if (nowMs - permit.startedAtMs < startedMaxMs) return
      this.#open.delete(permit)
    }
  }

  #heldBackByLoad(priority: Priority, nowMs: number): boolean {
    if (this.#load === undefined || nowMs - this.#loadAtMs > loadMaxAgeMs) return false
    return this.#load.utilization >= utilizationMax[priority]
  }

  #throttle(priority: Priority): Throttle {
    // The cast: a rank is an index of `priorities`, and each priority has a throttle.
    return this.#throttles[priorityRank(priority)] as Throttle
  }
}
