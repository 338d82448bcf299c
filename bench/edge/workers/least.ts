/**
 * Worker that only looks up the token in a set and the document in a map; the first requests fill both. It has no
 * checks, freshness or limits, so it is no peer. It shows the price of reading the URL and a field, and of copying
 * fields, between the constant Worker and ours.
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
