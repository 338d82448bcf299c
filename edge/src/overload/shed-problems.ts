import { SharedProblem } from '../http/shared-problem.ts'
import type { GateReason } from './permit.ts'

/** Why a request was shed, as the log and the data points name it. */
export type ShedLabel = `shed-${GateReason}`

/** Detail of a refusal by the edge's limit, or by the origin's. */
export const overloadedDetail =
  'The service is overloaded. Nothing was done; retry after the seconds in Retry-After.'

/** The problems for shed requests, one per reason and `Retry-After`. */
export class ShedProblems {
  readonly #fields: Headers
  /** By `Retry-After` seconds, a dozen values. */
  readonly #byReason = new Map<ShedLabel, Map<number, SharedProblem>>()

  /** @param fields headers that every problem carries */
  constructor(fields: Headers) {
    this.#fields = fields
  }

  of(reason: ShedLabel, retryAfterSeconds: number): SharedProblem {
    let bySeconds = this.#byReason.get(reason)
    if (bySeconds === undefined) {
      bySeconds = new Map()
      this.#byReason.set(reason, bySeconds)
    }
    let problem = bySeconds.get(retryAfterSeconds)
    if (problem === undefined) {
      problem = new SharedProblem('overloaded', detailOf(reason), retryAfterSeconds, this.#fields)
      bySeconds.set(retryAfterSeconds, problem)
    }
    return problem
  }
}

const detailOf = (reason: ShedLabel): string =>
  reason === 'shed-breaker-open'
    ? 'The origin is unreachable. Nothing was done; retry after the seconds in Retry-After.'
    : overloadedDetail
