import { type Load, type Priority, priorities, priorityRank } from '@spillway/origin/contract'
import { priorityShares } from '../lib/priority-shares.ts'
import type { Limit } from './limit.ts'
import { retryAfterSeconds } from './retry-after.ts'
import { type Waiter, WaitQueue, type WaitQueueOptions } from './wait-queue.ts'

export type { Waiter } from './wait-queue.ts'

/**
 * Admission control: one for each process, in front of all other work. A refusal costs a few comparisons.
 *
 *     const verdict = admission.tryAcquire(priority, deadline, now)      // admitted: serve, then release()
 *     if (verdict === 'full') admission.wait(priority, deadline, waiter, now)
 *
 * - A request that is admitted at once costs no promise, closure or timer.
 * - Lower classes may use only part of the limit, so that a critical request finds room in a service that is full of
 *   others. A free slot goes to the highest class that waits.
 * - A request that cannot finish before its deadline is not started.
 * - Health checks bypass it: they are never shed, and are no samples for the limit.
 */

export interface AdmissionControlOptions {
  readonly limit: Limit
  readonly queue?: WaitQueueOptions
  /** Part of the limit that each class may fill. @default { critical: 1, normal: 0.9, background: 0.7 } */
  readonly shares?: Readonly<Record<Priority, number>>
  /** 0 to 1. */
  readonly random: () => number
  /** Called when a request begins to wait: `tick` must be called while `isActive`. */
  readonly onActive: () => void
}

/**
 * Why a request is not served.
 * - `busy`: service and queue are full.
 * - `queueTime`: it waited too long for its turn.
 * - `deadline`: it could not have finished in time.
 */
export type ShedReason = 'busy' | 'queueTime' | 'deadline'

/** `full`: there is no room now; the caller may `wait`. */
export type Verdict = 'admitted' | 'full' | ShedReason

/**
 * End of a request, for the limit.
 * - `served`: it did its work; its time counts.
 * - `dropped`: it ran out of time or was refused as overloaded further down.
 * - `ignored`: it ended before any real work (not valid, not allowed, nothing changed); its time would mislead.
 */
export type ServiceEnd = 'served' | 'dropped' | 'ignored'

/** State and totals since the start, for metrics. */
export interface AdmissionSnapshot {
  readonly limit: number
  readonly inflight: number
  readonly waiting: number
  readonly isStanding: boolean
  readonly admitted: Readonly<Record<Priority, number>>
  readonly shed: Readonly<Record<Priority, Readonly<Record<ShedReason, number>>>>
  /** Callers who left the queue. */
  readonly abandoned: number
  readonly ended: Readonly<Record<ServiceEnd, number>>
}

/** Time for which a measured service time stays valid, in ms. */
const expectationMaxAgeMs = 1_000

/** Half-life of the share of refused requests, in ms. */
const shedHalfLifeMs = 1_000

export class AdmissionControl {
  readonly #limit: Limit
  readonly #queue: WaitQueue
  readonly #shares: readonly number[]
  readonly #random: () => number
  readonly #onActive: () => void
  readonly #mayStart = (rank: number): boolean => this.#inflight < this.#roomOf(rank)
  #inflight = 0
  /** Time at which a request last left service. */
  #endedAt = 0
  #queueMs = 0
  // Exponentially decaying counts, for the share of refused requests.
  #recentShed = 0
  #recentAll = 0
  #recentAt = 0
  /** Time of the current call, for requests that the queue refuses in it. */
  #now = 0
  #abandoned = 0
  readonly #admitted = perPriority(() => 0)
  readonly #shed = perPriority(() => ({ busy: 0, queueTime: 0, deadline: 0 }))
  readonly #ended = { served: 0, dropped: 0, ignored: 0 }

  constructor({ limit, queue, shares = priorityShares, random, onActive }: AdmissionControlOptions) {
    this.#limit = limit
    this.#queue = new WaitQueue(queue ?? {}, (priority, reason) => {
      if (reason === 'gone') this.#abandoned += 1
      else this.#refuse(priority, reason, this.#now)
    })
    this.#shares = priorities.map((priority) => shares[priority])
    this.#random = random
    this.#onActive = onActive
  }

  /**
   * @param deadline in ms of the clock
   * @param now milliseconds of a monotonic clock
   */
  tryAcquire(priority: Priority, deadline: number, now: number): Verdict {
    if (deadline <= now || deadline - now < this.#expectedMs(now))
      return this.#refuse(priority, 'deadline', now)
    if (!this.#mayStart(priorityRank(priority))) return 'full'
    this.#enter(priority, 0, now)
    return 'admitted'
  }

  /**
   * Queues a request after `tryAcquire` has returned `full`.
   * @returns the reason if it cannot even wait
   */
  wait(priority: Priority, deadline: number, waiter: Waiter, now: number): 'waiting' | ShedReason {
    if (!this.#queue.push(priority, deadline, waiter, now)) return this.#refuse(priority, 'busy', now)
    this.#onActive()
    return 'waiting'
  }

  /**
   * Ends the service of a request that was admitted.
   * @param startedAt when it was admitted, in ms of the clock, plus the time that the limit must not count
   */
  release(startedAt: number, end: ServiceEnd, now: number): void {
    if (end !== 'ignored') {
      const isDropped = end === 'dropped'
      this.#limit.onSample({ serviceMs: now - startedAt, inflight: this.#inflight, isDropped, now })
    }
    this.#ended[end] += 1
    this.#endedAt = now
    this.#inflight -= 1
    this.#dispatch(now)
  }

  get isActive(): boolean {
    return this.#queue.length > 0
  }

  /** Refuses requests that have waited too long. Call it every few milliseconds while `isActive`. */
  tick(now: number): void {
    this.#now = now
    this.#queue.expire(this.#expectedMs(now), now)
    this.#dispatch(now)
  }

  /** Load signal that every answer carries to the edge. */
  load(now: number): Load {
    this.#forget(now)
    return {
      utilization: this.#inflight / this.#limit.current,
      queueMs: this.#queueMs,
      shed: this.#recentAll < 1 ? 0 : this.#recentShed / this.#recentAll,
    }
  }

  /** Seconds for the `Retry-After` of a refusal. */
  retryAfterSeconds(now: number): number {
    return retryAfterSeconds(this.load(now).shed, this.#random())
  }

  snapshot(now: number): AdmissionSnapshot {
    return {
      limit: this.#limit.current,
      inflight: this.#inflight,
      waiting: this.#queue.length,
      isStanding: this.#queue.isStanding(now),
      admitted: this.#admitted,
      shed: this.#shed,
      abandoned: this.#abandoned,
      ended: this.#ended,
    }
  }

  /**
   * An idle service admits any request: otherwise a service time measured under overload would refuse every request
   * that could show the recovery. After a quiet second it admits a whole burst, of which only the first request finds
   * it idle.
   */
  #expectedMs(now: number): number {
    if (this.#inflight === 0 || now - this.#endedAt > expectationMaxAgeMs) return 0
    return this.#limit.expectedMs
  }

  /** A class always has room for one request: a small limit must not lock it out. */
  #roomOf(rank: number): number {
    // The cast is safe: there is one share for each rank.
    return Math.max(1, Math.floor(this.#limit.current * (this.#shares[rank] as number)))
  }

  #enter(priority: Priority, waitedMs: number, now: number): void {
    this.#inflight += 1
    this.#queueMs = waitedMs
    this.#admitted[priority] += 1
    this.#forget(now)
    this.#recentAll += 1
  }

  #refuse(priority: Priority, reason: ShedReason, now: number): ShedReason {
    this.#shed[priority][reason] += 1
    this.#forget(now)
    this.#recentAll += 1
    this.#recentShed += 1
    return reason
  }

  #dispatch(now: number): void {
    this.#now = now
    while (this.#queue.length > 0) {
      const turn = this.#queue.take(this.#mayStart, this.#expectedMs(now), now)
      if (turn === undefined) return
      this.#enter(turn.priority, turn.waitedMs, now)
      turn.waiter.admitted(now)
    }
  }

  #forget(now: number): void {
    const elapsedMs = now - this.#recentAt
    if (elapsedMs < shedHalfLifeMs / 20) return
    const left = 2 ** (-elapsedMs / shedHalfLifeMs)
    this.#recentShed *= left
    this.#recentAll *= left
    this.#recentAt = now
  }
}

const perPriority = <Value>(make: () => Value): Record<Priority, Value> => ({
  critical: make(),
  normal: make(),
  background: make(),
})
