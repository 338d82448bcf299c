/**
 * Duties of an origin with our contract beyond the least server, in the order in which they are added to it: each is
 * measured as the difference to the one before.
 */
export const requiredSteps = {
  router: "Fastify's router, reply and body parser in place of node:http",
  assertion: "the edge's assertion: verified once, then known by its text until it expires",
  deadline:
    'a time bound of each command, here and in the database; majority reads; a caller past its deadline is refused',
  permit: 'a permit, given back with the answer and its time',
  access: 'id, access rule, Accept, Content-Type, preconditions and query are checked',
  serializer: 'a serializer compiled from the schema, which shows no other field',
  fields:
    'fields of the answer: request id, load, revision, cache policies and tags; ETag and cursor of a page',
  measures: 'a histogram for each route and status',
  body: 'strict JSON, and a check by the schema before and after a change',
  key: 'an id from the Idempotency-Key and a digest of the request; ids of writes; tags to purge',
} as const

export type RequiredStep = keyof typeof requiredSteps

/** The steps up to one, that one included. @throws RangeError for an unknown name */
export function stepsUpTo(last: string): ReadonlySet<RequiredStep> {
  const names: readonly string[] = Object.keys(requiredSteps)
  const end = names.indexOf(last)
  if (end === -1) throw new RangeError(`no step '${last}'`)
  // The cast is safe: these are the names.
  return new Set(names.slice(0, end + 1) as RequiredStep[])
}

/** Variable that names the last step of a required server. */
export const requiredUpTo = 'REQUIRED_UP_TO'
