import { removeHopByHop } from './policy/fields.ts'

/**
 * Request fields that reach the origin behind the pass-through.
 *
 * An answer is stored under its URL and the fields that its `Vary` names. Any other request field that changes the
 * answer lets its sender store that answer for everybody (cache poisoning). A complete deny-list is impossible
 * (`X-Forwarded-Host`, `X-Original-URL`, `X-Real-IP`, `RSC`, ...). So GET and HEAD carry only the fields listed here,
 * which origins name in `Vary` when they matter, and those that the configuration adds. Answers to other methods are
 * not stored for others, except a POST that declares its target's new state: they carry all fields except those known
 * to change a request's target.
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

/**
 * Fetch metadata and client hints: only browsers write them (`Sec-` is forbidden to scripts), and `Vary` names them.
 */
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
