import type { Load, Priority } from '@spillway/origin/contract'
import type { Passage } from './breaker.ts'
import type { Waiter } from './wait-line.ts'

/** Why a request was not sent to an origin. */
export type GateReason = 'switched-off' | 'breaker-open' | 'limit' | 'origin-load' | 'throttled'

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

/** Result of asking for a place: the permit, started, or why there is none. */
export type Turn = Started | 'breaker-open' | 'limit'

/** Bounds of a request's wait for a place. */
export interface WaitBounds {
  /** When its answer must be here; epoch milliseconds. */
  readonly deadlineMs: number
  /** Bytes kept in memory for it meanwhile. */
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
  /** In [0, 1): keeps the probes of isolates apart. */
  readonly random: number
  /** The load that the origin's answer told of. */
  readonly load?: Load | undefined
}

/** A permit that holds a place at the origin. */
export interface Started {
  readonly priority: Priority
  readonly passage: Passage
  readonly startedAtMs: number
  /** When its answer must be here; epoch milliseconds. */
  readonly deadlineMs: number
  /** Requests that were open when it started, itself included. */
  readonly inflight: number
  /** Gives the place back and learns from how the request went. Only the first call counts. */
  end(call: EndOfCall): void
}

/** The gate as its permits see it. */
export interface PermitDesk {
  start(permit: Permit, nowMs: number, options: StartOptions): Turn | GateReason | Waiter<Permit, Turn>
  turnOf(waiter: Waiter<Permit, Turn>): Turn
  end(permit: Permit, call: EndOfCall): void
}

/**
 * The right to send one request to an origin: reserved by the gate's `reserve`, started when the request is sent, and
 * ended when it is known how it went (Netflix concurrency-limits calls it a listener). Being an object, it can be
 * neither forgotten half-way nor given back twice. One that is never started costs nothing.
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
   * Takes a place at the origin.
   *
   * @returns this, started; or the reason why not; or, where it may wait and all places are taken, a waiter whose turn
   *   is to be asked for with {@link turnOf}
   */
  start(nowMs: number, options: StartOptions = {}): Turn | GateReason | Waiter<Permit, Turn> {
    return this.#desk.start(this, nowMs, options)
  }

  /** The turn of a waiter of this permit's; one without a turn leaves the line. */
  turnOf(waiter: Waiter<Permit, Turn>): Turn {
    return this.#desk.turnOf(waiter)
  }

  end(call: EndOfCall): void {
    this.#desk.end(this, call)
  }

  /** For the gate: notes the place that it has given. */
  begin({ deadlineMs, inflight, passage, startedAtMs }: Omit<Started, 'priority' | 'end'>): Started {
    this.passage = passage
    this.startedAtMs = startedAtMs
    this.deadlineMs = deadlineMs
    this.inflight = inflight
    return this
  }
}
