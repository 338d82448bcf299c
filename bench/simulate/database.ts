import type { Random } from '../load/random.ts'
import { meanWait } from './queueing.ts'
import type { ServiceTimes } from './service-times.ts'

export interface DatabaseOptions {
  /** Members, the primary included. */
  readonly instances: number
  readonly vcpus: number
  readonly times: ServiceTimes
}

/** What the origin asks of the database in a second. */
export interface DatabaseWork {
  readonly reads: number
  readonly writes: number
}

/**
 * The cluster as queues of CPU work: writes at the primary, reads spread over all members, as `secondaryPreferred`
 * with one primary among few members comes out. Below saturation the wait is that of M/M/c per member; above, work
 * that cannot be done in a second is carried into the next, and the wait is how long it takes to do it.
 */
export class Database {
  readonly #options: DatabaseOptions
  #downUntil = 0
  #members: number
  #backlogSeconds = 0
  #slowdown = 1
  #busy = 0

  constructor(options: DatabaseOptions) {
    this.#options = options
    this.#members = options.instances
  }

  /** Round trip over that of an idle database. */
  get slowdown(): number {
    return this.#slowdown
  }

  /** Share of the primary's CPU in use, 0 to 1. */
  get busy(): number {
    return this.#busy
  }

  /** Mean wait before the database works on a call, ms: what a process sees as waiting for a connection. */
  get waitMs(): number {
    return this.#options.times.databaseMs.read * (this.#slowdown - 1)
  }

  takesWrites(second: number): boolean {
    return second >= this.#downUntil
  }

  /**
   * The primary is lost and a replica takes over: typically less than 30 s for the promotion, service back "often [in]
   * less than 60 seconds" (Amazon DocumentDB Developer Guide, "Cluster fault tolerance").
   */
  failOver(second: number, random: Random): void {
    this.#downUntil = second + 30 + Math.floor(random() * 30)
    this.#members = Math.max(1, this.#options.instances - 1)
  }

  /** The lost member is back as a replica. */
  recover(): void {
    this.#members = this.#options.instances
  }

  /** One second of work; what it does to round trips is felt in the next. */
  work({ reads, writes }: DatabaseWork): void {
    const { times, vcpus } = this.#options
    const readSeconds = times.read.databaseCpuUs / 1e6
    const writeSeconds = times.write.databaseCpuUs / 1e6
    const demand = (reads / this.#members) * readSeconds + writes * writeSeconds
    const calls = reads / this.#members + writes
    const free = Math.max(0, vcpus - demand)
    this.#busy = Math.min(1, demand / vcpus)
    this.#backlogSeconds = Math.min(backlogMaxSeconds, Math.max(0, this.#backlogSeconds + demand - vcpus))
    const service = calls === 0 ? readSeconds : demand / calls
    const queued = free > 0.02 * vcpus ? meanWait(vcpus, demand, service) : service / 0.02
    const waitMs = (queued + this.#backlogSeconds / vcpus) * 1_000
    this.#slowdown = 1 + waitMs / times.databaseMs.read
  }
}

/** Callers give up after a second, so no more than a second of work is ever waiting: seconds times processors. */
const backlogMaxSeconds = 8
