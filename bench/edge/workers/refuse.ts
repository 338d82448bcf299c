/**
 * Worker with the minimum work of a gateway that refuses: looks up the token in a set, for a read also the URL in a map,
 * finds no answer, and refuses. It neither parses the query nor knows why it refuses, so it is no peer. It shows the
 * runtime's own price of reading the method, the URL and two fields.
 */
import { type HeldAnswer, holdAnswer } from './answer.ts'

interface Bindings {
  /** JSON: `{ status, fields, body }`. */
  readonly ANSWER: string
}

const answers = new Map<string, HeldAnswer>()
const tokens = new Set<string>()
const tokensMax = 1_000
let refusal: { readonly head: Response; readonly body: Uint8Array } | undefined

export default {
  fetch({ headers, method, url }: Request, { ANSWER }: Bindings): Response {
    const token = headers.get('authorization')
    if (token === null || headers.get('accept') === '') return new Response(null, { status: 401 })
    if (!tokens.has(token) && tokens.size < tokensMax) tokens.add(token)
    const held = method === 'GET' ? answers.get(url) : undefined
    if (held !== undefined) return new Response(held.body, held)
    refusal ??= refusalOf(ANSWER)
    return new Response(refusal.body, refusal.head)
  },
}

/** The head as a `Response`, which the runtime copies as it is. */
function refusalOf(text: string): { readonly head: Response; readonly body: Uint8Array } {
  const { body, ...init } = holdAnswer(text)
  return { head: new Response(null, init), body }
}
