import { type Priority, priorities } from '@spillway/origin/contract'
import type { PerPriority } from '../process/model.ts'

export interface OriginNews {
  /** Mean requests in work over the limit in the second before: the `u` of the load signal. */
  readonly utilization: number
  /** Number of a second's requests that the origin would answer, however many are sent to it. */
  readonly answerable: (sent: PerPriority) => PerPriority
}

/**
 * The edge's gate to the origin (`edge/src/overload/origin-gate.ts`) for all isolates at once. It holds priorities back
 * by the origin's load signal, and refuses a share of requests by the origin's recent refusals (Google's client-side
 * throttling with K = 2 over four seconds, and the edge's distrust). Isolates have heard of different processes, so the
 * share that holds back grows with the mean signal. An isolate hears of refusals within milliseconds, so each second
 * has the throttles' equilibrium: a throttle that hears of them a second later swings between all and nothing. When a
 * dead origin answers again, breakers close and throttles forget. Omitted: the limit of each isolate, and its waiting
 * line, in which nobody waits as long as one step of the simulation.
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
  pass(wanted: PerPriority, { utilization, answerable }: OriginNews): PerPriority {
    const through = { critical: 0, normal: 0, background: 0 }
    for (const priority of priorities)
      through[priority] = wanted[priority] * (1 - heldBack(utilization, utilizationMax[priority]))
    const answers = answerable(through)
    const passed = { critical: 0, normal: 0, background: 0 }
    for (const priority of priorities)
      passed[priority] = this.#throttles[priority].pass(through[priority], answers[priority])
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

  /** @param answerable number of the requests that the origin can answer */
  pass(wanted: number, answerable: number): number {
    const trusted = wanted * (1 - Math.min(1, k * this.#refusedShare) * this.#surplus())
    this.#requests.push(wanted)
    this.#accepts.push(Math.min(wanted, answerable))
    if (this.#requests.length > windowSeconds) {
      this.#requests.shift()
      this.#accepts.shift()
    }
    this.#passed = Math.max(
      Math.min(trusted, equilibrium(wanted, answerable, this.#surplus())),
      Math.min(wanted, probesPerSecond),
    )
    return this.#passed
  }

  /** Share of the requests of the window beyond K times the accepted ones. */
  #surplus(): number {
    const requests = sum(this.#requests)
    return Math.max(0, (requests - k * sum(this.#accepts)) / (requests + 1))
  }

  accepted(count: number): void {
    if (this.#accepts.length > 0) this.#accepts[this.#accepts.length - 1] = count
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

/**
 * Requests P that are sent when the distrust is that of the same second, K (1 - A/P) for A answerable ones: the root of
 * `P = W (1 - K (1 - A/P) surplus)`, or `W (1 - surplus)` from a distrust of 1.
 */
function equilibrium(wanted: number, answerable: number, surplus: number): number {
  if (answerable >= wanted) return wanted
  const linear = wanted * (1 - k * surplus)
  const root = (linear + Math.sqrt(linear ** 2 + 4 * k * surplus * wanted * answerable)) / 2
  return k * (1 - answerable / root) < 1 ? root : wanted * (1 - surplus)
}

/** As in the edge's throttle. */
const k = 2
const probesPerSecond = 10
const outcomeWeight = 0.1
const windowSeconds = 4

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
