import { limits, listsElement, ProblemError } from '@spillway/origin/contract'

/**
 * Header fields that cross the edge. Towards the origin an allow-list, so that nothing a client
 * makes up reaches it: no `Authorization` (the assertion takes its place), no cookie, no `X-Forwarded-*`, `Forwarded`,
 * `CF-*` or `Spillway-*`, nothing hop-by-hop. Towards the client a list of what is left out, since the origin is ours.
 */
const endToEnd = [
  'accept',
  'accept-language',
  'content-encoding',
  'content-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'prefer',
  'range',
  'user-agent',
] as const

/** Fields that are about one connection (RFC 9110 §7.6.1), and those by which a server tells what it is. */
const neverShown = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'alt-svc',
  'server',
  'set-cookie',
  'via',
  'x-powered-by',
  'x-request-id',
  'server-timing',
  'cache-status',
  'age',
])

/** By name, in lower case. Not `Headers` yet: those are the runtime's, and each is made again to be sent. */
export type OutgoingFields = Readonly<Record<string, string>>

/**
 * The client's fields for the origin. What the origin is not sent weighs nothing.
 *
 * @throws {ProblemError} when they are too large (RFC 6585 §5)
 * @returns the name of a field instead, where `Connection` lists one that the origin would miss: removing, say,
 *   `If-Match` as RFC 9110 §7.6.1 asks would turn a conditional write into an unconditional one, so it is refused
 */
export function requestFields(client: Headers): OutgoingFields | string {
  const sent = pick(endToEnd, client)
  const nominated = client.get('connection')?.toLowerCase()
  if (nominated === undefined) return sent
  for (const name in sent) if (listsElement(nominated, name)) return name
  return sent
}

/** Fields that make a read conditional or partial (RFC 9110 §13, §14), for the origin. */
const conditional = ['if-none-match', 'if-modified-since', 'range', 'if-range'] as const

/** @throws {ProblemError} when they are too large (RFC 6585 §5) */
export const conditionalFields = (client: Headers): OutgoingFields => pick(conditional, client)

function pick(names: readonly string[], client: Headers): OutgoingFields {
  const sent: Record<string, string> = {}
  let bytes = 0
  for (const name of names) {
    const value = client.get(name)
    if (value === null) continue
    sent[name] = value
    bytes += name.length + value.length
  }
  if (bytes <= limits.headerBytesMax) return sent
  throw new ProblemError({
    code: 'headers-too-large',
    detail: `Headers exceed ${limits.headerBytesMax} bytes.`,
  })
}

/** The origin's fields for whatever stands between it and the client: the cache first of all. */
export function responseFields(origin: Headers): Headers {
  const nominated = connectionOptions(origin)
  const shown = new Headers()
  // Dearer than it looks: an iterator of the runtime's makes an array for each field.
  origin.forEach((value, name) => {
    if (neverShown.has(name) || nominated.has(name) || name.startsWith('spillway-')) return
    shown.append(name, value)
  })
  return shown
}

/** Names that `Connection` lists, lower case. */
function connectionOptions(fields: Headers): ReadonlySet<string> {
  const connection = fields.get('connection')
  if (connection === null) return none
  return new Set(connection.split(',').map((option) => option.trim().toLowerCase()))
}

const none: ReadonlySet<string> = new Set()
