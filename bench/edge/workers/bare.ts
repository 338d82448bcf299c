/** Lower limit: the runtime's own cost of an answer of this size. */
import { place } from './place.ts'

export default {
  fetch: () => new Response(place, { headers: { 'content-type': 'application/json' } }),
}
