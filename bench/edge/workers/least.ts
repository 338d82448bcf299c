/**
 * Looks up who asks and what for, and does nothing else: a set of tokens and a map of documents, both filled by whoever
 * comes. No check, no freshness, no limit: it is no peer, and shows what reading the URL and a field, and copying fields
 * that are not those of the last answer, cost on the way from the constant Worker to ours.
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
