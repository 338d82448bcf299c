import {
  headers as names,
  type Problem,
  type ProblemCode,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'

/** The answer of a problem and the id of the first request that it was given to. */
export interface SharedAnswer {
  /** Beginning of each `Response`: one without content, whose fields the runtime takes over at once. */
  readonly head: Response
  readonly body: Uint8Array
  readonly requestId: string
  /** To how many it was given so far, the one who asked for it included. */
  given: number
}

/** How long one answer is everybody's, in ms: of a flood, one line is logged in this time. */
const sharedMs = 1_000

/**
 * A problem that many are told in the same words. Refusing a flood must not cost more than serving it, so the answer is
 * rendered once a second and given to all who are refused meanwhile, the request id included: the first of them is
 * logged (decision 17), and so every id that is given leads to a line of the log. Nothing of a request may be in it.
 */
export class SharedProblem implements Problem {
  readonly code: ProblemCode
  readonly detail: string
  readonly retryAfterSeconds: number
  readonly #fields: Headers
  #answer: SharedAnswer | undefined
  #writtenAtMs = 0

  /** @param fields that every problem has */
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
