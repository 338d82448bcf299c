import { headerRefs } from './headers.ts'
import type { Json } from './json.ts'

const fields = headerRefs('RateLimit', 'RateLimit-Policy')

/** An operation, each of whose own answers has the fields of a caller's plan, too. Shared answers have them by themselves. */
export const withRateLimits = (operation: Json): Json => ({
  ...operation,
  // The cast is safe: every operation has responses.
  responses: limited(operation.responses as Responses),
})

type Responses = Readonly<Record<string, Json>>

/** Answers, each with the fields of a caller's plan (draft-ietf-httpapi-ratelimit-headers-10). */
export const limited = (responses: Responses): Responses =>
  Object.fromEntries(
    Object.entries(responses).map(([name, response]) => [
      name,
      '$ref' in response
        ? response
        : // The cast is safe: headers of an answer are an object (OpenAPI 3.1 §4.8.17).
          { ...response, headers: { ...(response.headers as Json | undefined), ...fields } },
    ]),
  )
