import { removeHopByHop } from './policy/fields.ts'

/**
 * Fields of a request that reach the origin behind the pass-through.
 *
 * An answer is stored under its URL and what its `Vary` names. By any other field of the request that makes the origin
 * answer differently, whoever sends it can store that answer for everybody. Nobody can list all of those
 * (`X-Forwarded-Host`, `X-Original-URL`, `X-Real-IP`, `RSC`, ...), so GET and HEAD carry what is listed here, which origins
 * are known to name in `Vary` where it matters, and what the configuration adds. Answers to other methods are not stored
 * for others, save one that a POST declares its target's new state: there everything goes on but what is known to change
 * the target of a request.
 */
const anyClients = new Set([
  'accept',
  'accept-charset',
  'accept-datetime',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'cookie',
  'date',
  'dnt',
  'early-data',
  'from',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-event-id',
  'max-forwards',
  'origin',
  'pragma',
  'prefer',
  'priority',
  'range',
  'referer',
  'save-data',
  'traceparent',
  'tracestate',
  'upgrade-insecure-requests',
  'user-agent',
  'via',
])

/** Fetch metadata and client hints: written by browsers alone (`Sec-` is forbidden to scripts), named in `Vary`. */
const browsers = /^sec-(?:fetch|ch|gpc)(?:-[a-z0-9-]+)?$/

const retargeting =
  /^(?:forwarded|x-forwarded-.*|x-host|x-original-(?:host|url)|x-backend-host|x-real-ip|x-rewrite-url|x-http-method(?:-override)?|x-method-override)$/

/** @param headers changed in place: the caller's own copy */
export function fieldsForOrigin(headers: Headers, method: string, added: ReadonlySet<string>): Headers {
  removeHopByHop(headers)
  const isStored = method === 'GET' || method === 'HEAD'
  const isUnlisted = isStored
    ? (name: string) => !anyClients.has(name) && !browsers.test(name)
    : (name: string) => retargeting.test(name)
  for (const name of [...headers.keys()]) if (!added.has(name) && isUnlisted(name)) headers.delete(name)
  return headers
}
