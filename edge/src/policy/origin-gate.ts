import { type Load, type Priority, priorities, priorityRank } from '@spillway/origin/contract'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { Breaker, type Passage } from './breaker.ts'
import { Throttle } from './throttle.ts'
import { type Waiter, WaitLine } from './wait-line.ts'

/** Why a request was not sent to an origin. */
export type ShedReason = 'switched-off' | 'breaker-open' | 'limit' | 'origin-load' | 'throttled'

/** How a request that was sent ended, as far as the origin's health goes. */
export type OriginOutcome =
  /** It took the request on, whatever the status. */
  | 'accepted'
  /** It answered that it is too busy (503). */
  | 'refused'
  /** No connection, or it broke. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** The caller left first: says nothing about the origin. */
  | 'abandoned'

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
const passMaxMs = 10_000

/**
 * Everything that this isolate knows of one origin's health, and who may go there. Order matters: what is free to
 * know comes first, then the throttle, which counts what it refuses, and the limit last: who only lacks a place waits
 * for one for a moment, and a flood that the origin refuses must not wait for what it will not get.
 */
export class OriginGate {
  readonly #breaker: Breaker
  readonly #limit: AdaptiveLimit
  readonly #throttles: readonly Throttle[]
  readonly #line: WaitLine<Turn>
  readonly #open = new Set<Pass>()
  readonly #hasPlace = (priority: Priority): boolean =>
    this.#open.size < Math.max(1, this.limit * limitShare[priority])
  #load: Load | undefined
  #loadAtMs = Number.NEGATIVE_INFINITY

  constructor(
    breaker = new Breaker(),
    limit = new AdaptiveLimit(),
    throttles = priorities.map(() => new Throttle()),
    line = new WaitLine<Turn>(),
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

  /** The reason for which {@link enter} would shed now, as far as it can be told without counting the request. */
  shedReason(priority: Priority, nowMs: number): Exclude<ShedReason, 'throttled'> | undefined {
    if (this.#heldBackByLoad(priority, nowMs)) return 'origin-load'
    if (this.#breaker.state(nowMs) === 'open') return 'breaker-open'
    return this.#line.isFull && !this.#isFree(priority, nowMs) ? 'limit' : undefined
  }

  /**
   * What {@link enter} would say to a request that would enter for certain. One that would be throttled is counted
   * and is not to ask again; any other is to enter with `isCast`, as its dice have been cast.
   */
  foresee(priority: Priority, nowMs: number, random: number): ShedReason | undefined {
    const reason = this.shedReason(priority, nowMs)
    if (reason !== undefined) return reason
    const throttle = this.#throttle(priority)
    if (!throttle.wouldRefuse(nowMs, random)) {
      throttle.expect(nowMs)
      return undefined
    }
    throttle.refusedHere(nowMs)
    return 'throttled'
  }

  /**
   * @returns the reason to shed; or a pass to be handed back with {@link leave}; or, where it may wait and all places
   *   are taken, a waiter whose turn is to be asked for with {@link turnOf}
   */
  enter(
    priority: Priority,
    nowMs: number,
    random: () => number,
    { isCast = false, wait }: EnterOptions = {},
  ): ShedReason | Pass | Waiter<Turn> {
    const reason = this.shedReason(priority, nowMs)
    if (reason !== undefined) return reason
    const throttle = this.#throttle(priority)
    if (!isCast && throttle.wouldRefuse(nowMs, random())) {
      throttle.refusedHere(nowMs)
      return 'throttled'
    }
    if (this.#isFree(priority, nowMs)) return this.#begin(priority, nowMs, wait?.deadlineMs)
    if (wait === undefined) return 'limit'
    const { deadlineMs, heldBytes } = wait
    const untilMs = deadlineMs - this.#limit.serviceMs(nowMs)
    return this.#line.join({ priority, heldBytes, untilMs, deadlineMs }, nowMs) ?? 'limit'
  }

  /** The turn of a waiter; one without a turn leaves the line. */
  turnOf(waiter: Waiter<Turn>): Turn {
    if (waiter.turn === undefined) this.#line.leave(waiter)
    return waiter.turn ?? 'limit'
  }

  leave(pass: Pass, outcome: OriginOutcome, nowMs: number, random: () => number, load?: Load): void {
    this.#open.delete(pass)
    if (load !== undefined) {
      this.#load = load
      this.#loadAtMs = nowMs
    }
    // A timer that is late says that this isolate is busy: the answer may have been here, and waited for it to look.
    const isOwnLag = outcome === 'timeout' && nowMs - pass.deadlineMs > lagMaxMs
    if (outcome === 'abandoned' || isOwnLag) this.#breaker.abandoned(pass.passage)
    else this.#learn(pass, outcome, nowMs, { random, load })
    this.#callNext(nowMs)
  }

  #learn(
    { enteredAtMs, inflight, passage, priority }: Pass,
    outcome: Exclude<OriginOutcome, 'abandoned'>,
    nowMs: number,
    { random, load }: { readonly random: () => number; readonly load: Load | undefined },
  ): void {
    const overloaded = outcome !== 'accepted'
    this.#limit.observe({ overloaded, latencyMs: nowMs - enteredAtMs, inflight, load }, nowMs)
    const throttle = this.#throttle(priority)
    if (outcome === 'unreachable' || outcome === 'timeout') {
      throttle.refused(nowMs)
      this.#breaker.failed(passage, nowMs, random())
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

  #begin(priority: Priority, nowMs: number, deadlineMs = Number.POSITIVE_INFINITY): Pass | 'breaker-open' {
    const passage = this.#breaker.pass(nowMs)
    if (passage === undefined) return 'breaker-open'
    this.#throttle(priority).sent(nowMs)
    const pass = { priority, passage, enteredAtMs: nowMs, deadlineMs, inflight: this.#open.size + 1 }
    this.#open.add(pass)
    return pass
  }

  /** Gives the places that are free to those who wait for one. Where the breaker opens they wait for nothing. */
  #callNext(nowMs: number): void {
    const isOpen = this.#breaker.state(nowMs) === 'open'
    for (;;) {
      const waiter = this.#line.take(isOpen ? () => true : this.#hasPlace, nowMs)
      if (waiter === undefined) return
      waiter.give(isOpen ? 'breaker-open' : this.#begin(waiter.priority, nowMs, waiter.deadlineMs))
    }
  }

  /** Passes that nobody will hand back: the runtime may drop a request together with what it still had to do. */
  #forgetLost(nowMs: number): void {
    for (const pass of this.#open) {
      if (nowMs - pass.enteredAtMs < passMaxMs) return
      this.#open.delete(pass)
    }
  }

  #heldBackByLoad(priority: Priority, nowMs: number): boolean {
    if (this.#load === undefined || nowMs - this.#loadAtMs > loadMaxAgeMs) return false
    return this.#load.utilization >= utilizationMax[priority]
  }

  #throttle(priority: Priority): Throttle {
    return this.#throttles[priorityRank(priority)] as Throttle
  }
}

export interface EnterOptions {
  /** Whether {@link OriginGate.foresee} has said that it is not throttled. */
  readonly isCast?: boolean
  /** Bounds of its wait for a place. @default it does not wait */
  readonly wait?: {
    /** When its answer must be here; epoch milliseconds. */
    readonly deadlineMs: number
    /** Bytes kept in memory for it meanwhile. */
    readonly heldBytes: number
  }
}

/** Result of a place in the line. */
export type Turn = Pass | 'breaker-open' | 'limit'

/** The right to have one request open, from {@link OriginGate.enter}. */
export interface Pass {
  readonly priority: Priority
  readonly passage: Passage
  readonly enteredAtMs: number
  /** When its answer must be here; epoch milliseconds. */
  readonly deadlineMs: number
  readonly inflight: number
}
