import { type Priority, priorities } from '@spillway/origin/contract'
import type { PerPriority } from '../process/model.ts'

/** Load signal of the origin from the second before. */
export interface OriginNews {
  /** Mean requests in work over the limit: the `u` of the load signal. */
  readonly utilization: number
}

/**
 * The edge's gate to the origin (`edge/src/overload/origin-gate.ts`) for all isolates at once. It holds priorities back
 * by the origin's load signal, and refuses a share of requests by the origin's recent refusals (Google's client-side
 * throttling with K = 2 over four seconds, and the edge's distrust). Isolates have heard of different processes, so the
 * share that holds back grows with the mean signal. When a dead origin answers again, breakers close and throttles
 * forget. Omitted: the limit of each isolate, and its waiting line, in which nobody waits as long as one step of the
 * simulation.
 */
export class EdgeGate {
  readonly #throttles: Readonly<Record<Priority, Throttle>> = {
    critical: new Throttle(),
    normal: new Throttle(),
    background: new Throttle(),
  }

  #passed = 0
  #broken = false

  /** Number of requests that may be sent to the origin in this second. */
  pass(wanted: PerPriority, { utilization }: OriginNews): PerPriority {
    const passed = { critical: 0, normal: 0, background: 0 }
    for (const priority of priorities) {
      const through = wanted[priority] * (1 - heldBack(utilization, utilizationMax[priority]))
      passed[priority] = this.#throttles[priority].pass(through)
    }
    this.#passed = passed.critical + passed.normal + passed.background
    return passed
  }

  /** Reports how many of those the origin accepted. */
  accepted(counts: PerPriority): void {
    const nobody = counts.critical + counts.normal + counts.background === 0
    const isBack = this.#broken && !nobody
    if (this.#passed > 0) this.#broken = nobody
    for (const priority of priorities) {
      if (isBack) this.#throttles[priority].forget()
      else this.#throttles[priority].accepted(counts[priority])
    }
  }
}

/** As in the edge's gate. */
const utilizationMax: PerPriority = { critical: Number.POSITIVE_INFINITY, normal: 1.5, background: 0.9 }

/** Share of isolates that hold back: 0 from a tenth below the limit, 1 from a tenth above it. */
const heldBack = (utilization: number, limit: number): number =>
  Number.isFinite(limit) ? Math.min(1, Math.max(0, (utilization / limit - 0.9) / 0.2)) : 0

/**
 * `p(refuse) = distrust * max(0, (requests - K * accepts) / (requests + 1))`, Google SRE Book, ch. 21, eq. 21-1, in
 * numbers per second instead of one by one: a few probes always go, and the distrust is K times the share of refusals
 * among the last outcomes, 1 at the most.
 */
export class Throttle {
  readonly #requests: number[] = []
  readonly #accepts: number[] = []
  #passed = 0
  #refusedShare = 0

  pass(wanted: number): number {
    const requests = sum(this.#requests)
    const surplus = Math.max(0, (requests - k * sum(this.#accepts)) / (requests + 1))
    this.#requests.push(wanted)
    this.#accepts.push(0)
    if (this.#requests.length > windowSeconds) {
      this.#requests.shift()
      this.#accepts.shift()
    }
    this.#passed = Math.max(
      wanted * (1 - Math.min(1, k * this.#refusedShare) * surplus),
      Math.min(wanted, probesPerSecond),
    )
    return this.#passed
  }

  accepted(count: number): void {
    const last = this.#accepts.length - 1
    if (last >= 0) this.#accepts[last] = (this.#accepts[last] ?? 0) + count
    if (this.#passed === 0) return
    const share = Math.max(0, 1 - count / this.#passed)
    this.#refusedShare = share + (this.#refusedShare - share) * (1 - outcomeWeight) ** this.#passed
  }

  forget(): void {
    this.#requests.length = 0
    this.#accepts.length = 0
    this.#refusedShare = 0
  }
}

/** As in the edge's throttle. */
const k = 2
const probesPerSecond = 10
const outcomeWeight = 0.1
const windowSeconds = 4

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
