import type { Load, Priority } from '@spillway/origin/contract'
import type { Passage } from './breaker.ts'
import type { Waiter } from './wait-line.ts'

/** Why a request was not sent to an origin. */
export type GateReason = 'switched-off' | 'breaker-open' | 'limit' | 'origin-load' | 'throttled'

/** End of a request, as far as the origin's health is concerned. */
export type OriginOutcome =
  /** The origin accepted it, whatever the status. */
  | 'accepted'
  /** The origin answered, and the time or the refusal was the operation's own: slow code, or a contended document. */
  | 'own-fault'
  /** The origin was too busy (503). */
  | 'refused'
  /** No connection, or it broke. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** The caller left first, which says nothing about the origin. */
  | 'abandoned'

/** Result of asking for a slot: the started permit, or the reason for having none. */
export type Turn = Started | 'breaker-open' | 'limit'

/** Bounds of a request's wait for a slot. */
export interface WaitBounds {
  /** Time by which its answer must have arrived; epoch milliseconds. */
  readonly deadlineMs: number
  /** Bytes buffered for it meanwhile. */
  readonly heldBytes: number
}

export interface StartOptions {
  /** @default it does not wait */
  readonly wait?: WaitBounds
}

/** Result of a request to the origin. */
export interface EndOfCall {
  readonly outcome: OriginOutcome
  readonly nowMs: number
  /** In [0, 1): keeps isolates from probing in lockstep. */
  readonly random: number
  /** Load signal of the origin's answer. */
  readonly load?: Load | undefined
}

/** A permit that holds a slot at the origin. */
export interface Started {
  readonly priority: Priority
  readonly passage: Passage
  readonly startedAtMs: number
  /** Time by which its answer must have arrived; epoch milliseconds. */
  readonly deadlineMs: number
  /** Requests in flight when it started, itself included. */
  readonly inflight: number
  /** Frees the slot and learns from the outcome. Only the first call counts. */
  end(call: EndOfCall): void
}

/** The part of the gate that permits call. */
export interface PermitDesk {
  start(permit: Permit, nowMs: number, options: StartOptions): Turn | GateReason | Waiter<Permit, Turn>
  turnOf(waiter: Waiter<Permit, Turn>): Turn
  end(permit: Permit, call: EndOfCall): void
}

/**
 * The right to send one request to an origin: reserved by the gate's `reserve`, started when the request is sent, ended
 * with its outcome (a listener in Netflix concurrency-limits). Being an object, it can be neither forgotten halfway nor
 * returned twice. A permit that never starts costs nothing.
 */
export class Permit implements Started {
  readonly priority: Priority
  readonly #desk: PermitDesk
  passage: Passage = 0
  startedAtMs = Number.NaN
  deadlineMs = Number.POSITIVE_INFINITY
  inflight = 0

  constructor(priority: Priority, desk: PermitDesk) {
    this.priority = priority
    this.#desk = desk
  }

  /**
   * Takes a slot at the origin.
   *
   * @returns this permit, started; or the reason for a refusal; or, when all slots are taken and `wait` is set, a
   *   waiter whose turn {@link turnOf} returns
   */
  start(nowMs: number, options: StartOptions = {}): Turn | GateReason | Waiter<Permit, Turn> {
    return this.#desk.start(this, nowMs, options)
  }

  /** The turn of this permit's waiter; a waiter without a turn leaves the queue. */
  turnOf(waiter: Waiter<Permit, Turn>): Turn {
    return this.#desk.turnOf(waiter)
  }

  end(call: EndOfCall): void {
    this.#desk.end(this, call)
  }

  /** Called by the gate: records the slot that it gave. */
  begin({ deadlineMs, inflight, passage, startedAtMs }: Omit<Started, 'priority' | 'end'>): Started {
    this.passage = passage
    this.startedAtMs = startedAtMs
    this.deadlineMs = deadlineMs
    this.inflight = inflight
    return this
  }
}
