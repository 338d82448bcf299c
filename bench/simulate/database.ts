import type { Random } from '../load/random.ts'
import { meanWait } from './queueing.ts'
import { meanOf, type ServiceTimes } from './service-times.ts'

export interface DatabaseOptions {
  /** Processors of one member. */
  readonly vcpus: number
  readonly times: ServiceTimes
}

/**
 * The primary as a queue of CPU work. It does all work: the origin also reads there, so that callers see their own
 * writes (`origin/src/store/mongo-commands.ts`), and the other members are standby. Below saturation the wait is that
 * of M/M/c. Above it, work that does not fit into a second is carried into the next, and the wait is the time to finish
 * it.
 */
export class Database {
  readonly #options: DatabaseOptions
  #downUntil = Number.NEGATIVE_INFINITY
  #backlogSeconds = 0
  #waitMs = 0
  #busy = 0

  constructor(options: DatabaseOptions) {
    this.#options = options
  }

  /** Round trip in a second with so many requests, divided by that of an idle database. */
  slowdown(requests: number): number {
    const { waitMs } = this.#after(requests)
    return 1 + waitMs / meanOf(this.#options.times, ({ databaseMs }) => databaseMs)
  }

  /** Share of the primary's CPU in use, 0 to 1. */
  get busy(): number {
    return this.#busy
  }

  /** Mean wait before the database works on a call, ms. */
  get waitMs(): number {
    return this.#waitMs
  }

  hasPrimary(second: number): boolean {
    return second >= this.#downUntil
  }

  /**
   * The primary is lost and a replica takes over: typically less than 30 s for the promotion, service back "often [in]
   * less than 60 seconds" (Amazon DocumentDB Developer Guide, "Cluster fault tolerance").
   */
  failOver(second: number, random: Random): void {
    this.#downUntil = second + 30 + Math.floor(random() * 30)
  }

  /** Adds one second's requests. */
  work(requests: number): void {
    const { backlogSeconds, demand, waitMs } = this.#after(requests)
    this.#backlogSeconds = backlogSeconds
    this.#busy = Math.min(1, demand / this.#options.vcpus)
    this.#waitMs = waitMs
  }

  #after(requests: number) {
    const { times, vcpus } = this.#options
    const service = databaseSeconds(times)
    const demand = requests * service
    // Callers give up after a second, so at most a second of work is waiting.
    const backlogSeconds = Math.min(vcpus, Math.max(0, this.#backlogSeconds + demand - vcpus))
    // Limits the stationary wait just below saturation, which a second cannot build up.
    const queued = Math.min(meanWait(vcpus, demand, service), 50 * service)
    return { backlogSeconds, demand, waitMs: (queued + backlogSeconds / vcpus) * 1_000 }
  }
}

/** CPU time of the database for an average request, s. */
export const databaseSeconds = (times: ServiceTimes): number =>
  meanOf(times, ({ databaseCpuUs }) => databaseCpuUs) / 1e6
