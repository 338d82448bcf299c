import type { Application } from '../application.ts'
import { plansIn } from '../catalogue.ts'
import { publicPaths } from '../env.ts'

/** Header fields of answers, with what they tell. */
const fields = (hasPlans: boolean): readonly (readonly [names: string, meaning: string])[] => [
  ['`Cache-Status`, `Age`', 'whether a cache answered (RFC 9211), and the seconds since the answer was made'],
  ['`ETag`', 'send it in `If-None-Match` to learn that nothing has changed'],
  ['`Deprecation`, `Sunset`', 'this version has a successor, and ends then (RFC 9745, RFC 8594)'],
  ...(hasPlans ? ([['`RateLimit`, `RateLimit-Policy`', 'what remains of your plan']] as const) : []),
  ['`X-Request-Id`', 'name of the request in the logs: quote it when you ask for help'],
]

/** The first text of the documentation page (CommonMark): what holds for every operation. */
export const introductionOf = ({ summary, resources }: Application): string => `${summary}

- **Versions** live side by side as \`/v1\`, \`/v2\`, … over the same documents.
- **Errors** are \`application/problem+json\` (RFC 9457). Decide by \`code\`; \`type\` is the address of its explanation, such as
  [not-found](${publicPaths.problems}/not-found). After an error this request has done nothing, with one exception: under
  [outcome-unknown](${publicPaths.problems}/outcome-unknown) a write may have happened, or may happen yet.
- **Conflicts**: a document has a strong \`ETag\`. Send it in \`If-Match\` to change only what you have seen.
- **Retries**: a POST with an \`Idempotency-Key\` may be repeated safely. \`Retry-After\` says when, in seconds.
- **Times** (\`date-time\`) are RFC 3339, kept in UTC to the millisecond: one that is finer, or a leap second, is refused.
- **Texts** are compared code point by code point.

| field of an answer | what |
| --- | --- |
${fields(plansIn(resources) !== undefined)
  .map((cells) => `| ${cells.join(' | ')} |`)
  .join('\n')}
`
