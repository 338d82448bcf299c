/**
 * Lower limit: the runtime's own cost of exactly our answer, byte for byte. It ignores the request. It builds the
 * answer from an object, as usual; ours builds it from a `Response`, which saves one or two percent.
 */
import { type HeldAnswer, holdAnswer } from './answer.ts'

interface Bindings {
  /** JSON: `{ status, fields, body }`. */
  readonly ANSWER: string
}

let answer: HeldAnswer | undefined

export default {
  fetch(_request: Request, { ANSWER }: Bindings): Response {
    answer ??= holdAnswer(ANSWER)
    return new Response(answer.body, answer)
  },
}
