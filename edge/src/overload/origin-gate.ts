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

/** Share of the limit that each priority may fill, so that the less important leave room for the more important. */
const limitShare: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.9, background: 0.6 }

/** Utilization of the origin from which a priority is held back here. A critical request is the origin's to refuse. */
const utilizationMax: Readonly<Record<Priority, number>> = {
  critical: Number.POSITIVE_INFINITY,
  normal: 1.5,
  background: 0.9,
}

/** A load signal older than this is news no more: whoever is held back by it must be let through to get another. */
const loadMaxAgeMs = 1_000

/** A timeout that is noticed later than this after its time is not held against the origin. */
const lagMaxMs = 100

/** No request is open for longer: every one of them has a deadline well below. */
const startedMaxMs = 10_000

/**
 * Everything that this isolate knows of one origin's health, and which requests may go there. Order matters: what is
 * free to know comes first, then the throttle, which counts what it refuses, and the limit last: a request that lacks
 * only a place waits for one for a moment, and a flood that the origin refuses must not wait for what it will not get.
 *
 * {@link OriginGate.reserve} asks all but the limit and gives a {@link Permit}, whose `start` asks for a place.
 */
export class OriginGate {
  readonly #breaker: Breaker
  readonly #limit: AdaptiveLimit
  readonly #throttles: readonly Throttle[]
  readonly #line: WaitLine<Permit, Turn>
  /** Permits that are started and not ended, in the order of their start. */
  readonly #open = new Set<Permit>()
  readonly #hasPlace = (priority: Priority): boolean =>
    this.#open.size < Math.max(1, this.limit * limitShare[priority])
  /** One for all permits of this gate: their way to its private parts. */
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

  /** Milliseconds until a refused caller may find it open. */
  openForMs(nowMs: number): number {
    return this.#breaker.openForMs(nowMs)
  }

  /** The reason for which {@link reserve} would refuse now, as far as it can be told without counting the request. */
  closedReason(priority: Priority, nowMs: number): Exclude<GateReason, 'throttled'> | undefined {
    if (this.#heldBackByLoad(priority, nowMs)) return 'origin-load'
    if (this.#breaker.state(nowMs) === 'open') return 'breaker-open'
    return this.#line.isFull && !this.#isFree(priority, nowMs) ? 'limit' : undefined
  }

  /**
   * Asks the throttle, once for each request. A permit holds no place until it is started, so that a body that arrives
   * slowly holds none, and need not be given back: where it stood for a probe, that lapses by itself.
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

  /** The turn of a waiter; one without a turn leaves the line. */
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
    // A timer that is late says that this isolate is busy: the answer may have been here, and waited for it to look.
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
    const overloaded = outcome !== 'accepted'
    this.#limit.observe({ overloaded, latencyMs: nowMs - startedAtMs, inflight, load }, nowMs)
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

  /** Whether there is a place for a newcomer, whom nobody goes before. */
  #isFree(priority: Priority, nowMs: number): boolean {
    if (!this.#hasPlace(priority)) {
      this.#forgetLost(nowMs)
      if (!this.#hasPlace(priority)) return false
    }
    if (this.#line.length === 0) return true
    this.#callNext(nowMs)
    return this.#hasPlace(priority) && !this.#line.goesBefore(priority)
  }

  /** Gives a permit its place, where the breaker has one. */
  #take(permit: Permit, nowMs: number, deadlineMs = Number.POSITIVE_INFINITY): Turn {
    const passage = this.#breaker.pass(nowMs)
    if (passage === undefined) return 'breaker-open'
    this.#throttle(permit.priority).sent(nowMs)
    this.#open.add(permit)
    return permit.begin({ passage, startedAtMs: nowMs, deadlineMs, inflight: this.#open.size })
  }

  /** Gives the places that are free to those who wait for one. Where the breaker opens they wait for nothing. */
  #callNext(nowMs: number): void {
    const isOpen = this.#breaker.state(nowMs) === 'open'
    for (;;) {
      const waiter = this.#line.take(isOpen ? () => true : this.#hasPlace, nowMs)
      if (waiter === undefined) return
      waiter.give(isOpen ? 'breaker-open' : this.#take(waiter.holder, nowMs, waiter.deadlineMs))
    }
  }

  /** Drops permits that nobody will end: the runtime may drop a request together with what it still had to do. */
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
    // A rank is an index of `priorities`, and there is a throttle for each of those.
    return this.#throttles[priorityRank(priority)] as Throttle
  }
}
