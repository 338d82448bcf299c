import {
  headers as names,
  type Problem,
  type ProblemCode,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'

/** The rendered problem, and the id of the first request that received it. */
export interface SharedAnswer {
  /** Template of each `Response`: without content, its headers are adopted by the runtime at once. */
  readonly head: Response
  readonly body: Uint8Array
  readonly requestId: string
  /** Number of requests answered with it so far, including the first. */
  given: number
}

/** Time for which one rendered answer is shared, ms. A flood logs one line in this time. */
const sharedMs = 1_000

/**
 * A problem that many requests receive in the same words. Refusing a flood must cost less than serving it, so the
 * answer is rendered once a second and shared, request id included. The first request that receives it is logged
 * (decision 17), so every id leads to a log line. The answer must contain nothing of any one request.
 */
export class SharedProblem implements Problem {
  readonly code: ProblemCode
  readonly detail: string
  readonly retryAfterSeconds: number
  readonly #fields: Headers
  #answer: SharedAnswer | undefined
  #writtenAtMs = 0

  /** @param fields headers that every problem carries */
  constructor(code: ProblemCode, detail: string, retryAfterSeconds: number, fields: Headers) {
    this.#fields = fields
    this.code = code
    this.detail = detail
    this.retryAfterSeconds = retryAfterSeconds
  }

  /** @param nowMs epoch milliseconds */
  answer(nowMs: number, ids: { next(): string }): SharedAnswer {
    if (this.#answer === undefined || Math.abs(nowMs - this.#writtenAtMs) >= sharedMs) {
      this.#answer = write(this, this.#fields, ids.next())
      this.#writtenAtMs = nowMs
    }
    this.#answer.given += 1
    return this.#answer
  }
}

function write(problem: Problem, fields: Headers, requestId: string): SharedAnswer {
  const head = new Response(null, { status: problemStatus(problem), headers: fields })
  for (const [name, value] of Object.entries(problemHeaders(problem))) head.headers.set(name, value)
  head.headers.set(names.requestId, requestId)
  const body = new TextEncoder().encode(JSON.stringify(problemBody(problem, requestId)))
  return { head, body, requestId, given: 0 }
}
