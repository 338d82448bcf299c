import {
  type Problem,
  type ProblemCode,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'

/** A problem's answer but for the request id, which goes into its fields and between the texts of its body. */
export interface WrittenProblem {
  /** As a `Response` takes it. */
  readonly head: { readonly status: number; readonly headers: Headers }
  readonly texts: readonly string[]
}

/**
 * A problem that many are told in the same words. It is written down once, since what refuses a flood must not cost
 * more than what serves it. Nothing of a request may be in it.
 */
export class CommonProblem implements Problem {
  readonly code: ProblemCode
  readonly detail: string
  readonly retryAfterSeconds: number
  #written: WrittenProblem | undefined
  #common: Headers | undefined

  constructor(code: ProblemCode, detail: string, retryAfterSeconds: number) {
    this.code = code
    this.detail = detail
    this.retryAfterSeconds = retryAfterSeconds
  }

  /** @param common fields that every problem has */
  written(common: Headers): WrittenProblem {
    if (this.#written === undefined || this.#common !== common) {
      this.#written = writeProblem(this, common)
      this.#common = common
    }
    return this.#written
  }
}

/** Stands for the request id: a text of ours holds no control characters. */
const idMark = '\u0000'
const writtenMark = JSON.stringify(idMark).slice(1, -1)

function writeProblem(problem: Problem, common: Headers): WrittenProblem {
  const fields = new Headers(common)
  for (const [name, value] of Object.entries(problemHeaders(problem))) fields.set(name, value)
  const texts = JSON.stringify(problemBody(problem, idMark)).split(writtenMark)
  return { head: { status: problemStatus(problem), headers: fields }, texts }
}
