import { type Load, type Priority, priorities, priorityRank } from '@spillway/origin/contract'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { Breaker, type Passage } from './breaker.ts'
import { Throttle } from './throttle.ts'

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

/** No request is open for longer: every one of them has a deadline well below. */
const passMaxMs = 10_000

/**
 * Everything that this isolate knows of one origin's health, and who may go there. Order matters: what is free to
 * know comes first, and the throttle, which counts what it is asked, last.
 */
export class OriginGate {
  readonly #breaker: Breaker
  readonly #limit: AdaptiveLimit
  readonly #throttles: readonly Throttle[]
  readonly #open = new Set<Pass>()
  #load: Load | undefined
  #loadAtMs = Number.NEGATIVE_INFINITY

  constructor(
    breaker = new Breaker(),
    limit = new AdaptiveLimit(),
    throttles = priorities.map(() => new Throttle()),
  ) {
    this.#breaker = breaker
    this.#limit = limit
    this.#throttles = throttles
  }

  get inflight(): number {
    return this.#open.size
  }

  get limit(): number {
    return this.#limit.limit
  }

  /** Milliseconds until a refused caller may find it open. */
  openForMs(nowMs: number): number {
    return this.#breaker.openForMs(nowMs)
  }

  /** The reason for which {@link enter} would shed now, as far as it can be told without counting the request. */
  shedReason(priority: Priority, nowMs: number): Exclude<ShedReason, 'throttled'> | undefined {
    const limit = Math.max(1, this.limit * limitShare[priority])
    if (this.#open.size >= limit) this.#forgetLost(nowMs)
    if (this.#open.size >= limit) return 'limit'
    if (this.#heldBackByLoad(priority, nowMs)) return 'origin-load'
    return this.#breaker.state(nowMs) === 'open' ? 'breaker-open' : undefined
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
    throttle.count(nowMs, false)
    return 'throttled'
  }

  /**
   * @param isCast whether {@link foresee} has said that it is not throttled
   * @returns the reason to shed, or a pass to be handed back with {@link leave}
   */
  enter(priority: Priority, nowMs: number, random: () => number, isCast = false): ShedReason | Pass {
    const reason = this.shedReason(priority, nowMs)
    if (reason !== undefined) return reason
    const passage = this.#breaker.pass(nowMs)
    if (passage === undefined) return 'breaker-open'
    const throttle = this.#throttle(priority)
    if (isCast) throttle.count(nowMs, true)
    else if (throttle.refuses(nowMs, random())) {
      this.#breaker.abandoned(passage)
      return 'throttled'
    }
    const pass = { priority, passage, enteredAtMs: nowMs, inflight: this.#open.size + 1 }
    this.#open.add(pass)
    return pass
  }

  leave(pass: Pass, outcome: OriginOutcome, nowMs: number, random: () => number, load?: Load): void {
    this.#open.delete(pass)
    if (load !== undefined) {
      this.#load = load
      this.#loadAtMs = nowMs
    }
    if (outcome === 'abandoned') {
      this.#breaker.abandoned(pass.passage)
      this.#throttle(pass.priority).withdrawn(nowMs)
      return
    }
    const latencyMs = nowMs - pass.enteredAtMs
    this.#limit.observe({ overloaded: outcome !== 'accepted', latencyMs, inflight: pass.inflight }, nowMs)
    if (outcome === 'unreachable' || outcome === 'timeout') {
      this.#throttle(pass.priority).refused()
      this.#breaker.failed(pass.passage, nowMs, random())
      return
    }
    if (this.#breaker.succeeded()) {
      for (const throttle of this.#throttles) throttle.forget()
      this.#limit.restart()
    }
    if (outcome === 'accepted') this.#throttle(pass.priority).accepted(nowMs)
    else this.#throttle(pass.priority).refused()
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

/** The right to have one request open, from {@link OriginGate.enter}. */
export interface Pass {
  readonly priority: Priority
  readonly passage: Passage
  readonly enteredAtMs: number
  readonly inflight: number
}
