import {
  headers as names,
  type Problem,
  type ProblemCode,
  problemBody,
  problemHeaders,
  problemStatus,
} from '@spillway/origin/contract'

/** A problem's answer and the id of the first request that it was given to. */
export interface CommonAnswer {
  /** What a `Response` begins with: one without content, whose fields the runtime takes over at once. */
  readonly head: Response
  readonly body: Uint8Array
  readonly requestId: string
  /** To how many it was given so far, the one who asked for it included. */
  given: number
}

/** How long one answer is everybody's, in ms: of a flood, one line is logged in this time. */
const sharedMs = 1_000

/**
 * A problem that many are told in the same words. What refuses a flood must not cost more than what serves it, so its
 * answer is written down once a second and given to all who are refused meanwhile, the request id included: the first of
 * them is logged (decision 17), and this way the id that anybody was told leads to a line. Nothing of a request may be in
 * it.
 */
export class CommonProblem implements Problem {
  readonly code: ProblemCode
  readonly detail: string
  readonly retryAfterSeconds: number
  #answer: CommonAnswer | undefined
  #common: Headers | undefined
  #writtenAtMs = 0

  constructor(code: ProblemCode, detail: string, retryAfterSeconds: number) {
    this.code = code
    this.detail = detail
    this.retryAfterSeconds = retryAfterSeconds
  }

  /**
   * @param common fields that every problem has
   * @param nowMs epoch milliseconds
   */
  answer(common: Headers, nowMs: number, ids: { next(): string }): CommonAnswer {
    const isOver = Math.abs(nowMs - this.#writtenAtMs) >= sharedMs
    if (this.#answer === undefined || isOver || this.#common !== common) {
      this.#answer = write(this, common, ids.next())
      this.#common = common
      this.#writtenAtMs = nowMs
    }
    this.#answer.given += 1
    return this.#answer
  }
}

function write(problem: Problem, common: Headers, requestId: string): CommonAnswer {
  const head = new Response(null, { status: problemStatus(problem), headers: common })
  for (const [name, value] of Object.entries(problemHeaders(problem))) head.headers.set(name, value)
  head.headers.set(names.requestId, requestId)
  const body = new TextEncoder().encode(JSON.stringify(problemBody(problem, requestId)))
  return { head, body, requestId, given: 0 }
}
