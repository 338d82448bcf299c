/**
 * The least that a Worker can do and still answer only those it knows with what they asked for: two maps, one of tokens
 * and one of documents, filled as it goes. No check, no freshness, no limit: it is no peer, and shows what of the way from
 * the constant Worker to ours is the runtime's: reading the URL and a field, and copying fields that are not the last ones.
 */
import { type HeldAnswer, holdAnswer } from './answer.ts'

interface Bindings {
  /** JSON: `{ status, fields, body }`. */
  readonly ANSWER: string
}

const documents = new Map<string, HeldAnswer>()
const tokens = new Set<string>()
const tokensMax = 1_000

export default {
  fetch({ headers, method, url }: Request, { ANSWER }: Bindings): Response {
    const token = headers.get('authorization')
    if (token === null || method !== 'GET') return new Response(null, { status: 401 })
    if (!tokens.has(token) && tokens.size < tokensMax) tokens.add(token)
    let held = documents.get(url)
    if (held === undefined) {
      held = holdAnswer(ANSWER)
      documents.set(url, held)
    }
    return new Response(held.body, held)
  },
}
