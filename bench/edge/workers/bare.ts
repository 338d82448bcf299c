/** The limit: what the runtime itself costs for an answer of this size. */
import { place } from './place.ts'

export default {
  fetch: () => new Response(place, { headers: { 'content-type': 'application/json' } }),
}
