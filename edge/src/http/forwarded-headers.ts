import { limits, listsElement, ProblemError } from '@spillway/origin/contract'
import { FieldMap, type FieldReader, type FieldSource } from '../lib/field-map.ts'

/**
 * Header fields that cross the edge. Towards the origin, an allow-list, so that no field that a client invents reaches
 * it: no `Authorization` (the assertion replaces it), no cookie, no `X-Forwarded-*`, `Forwarded`, `CF-*` or
 * `Spillway-*`, nothing hop-by-hop. Towards the client, a deny-list, since the origin is ours.
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

/** Hop-by-hop fields (RFC 9110 §7.6.1), and fields that identify the server software. */
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

/** By lower-case name. perf: a plain object, since a `Headers` lives in the runtime and is copied when it is sent. */
export type OutgoingFields = Readonly<Record<string, string>>

/**
 * Selects the client's fields that go to the origin. Fields that are not forwarded do not count towards the size limit.
 *
 * @param named further fields that the contract says an endpoint is given
 * @throws {ProblemError} when the fields are too large (RFC 6585 §5)
 * @returns a field's name instead, when `Connection` lists a field that the origin needs. Removing `If-Match`, as RFC
 *   9110 §7.6.1 asks, would make a conditional write unconditional, so the request is refused
 */
export function requestFields(client: Headers, named: readonly string[] = []): OutgoingFields | string {
  const sent = pick(named.length === 0 ? endToEnd : [...endToEnd, ...named], client)
  const nominated = client.get('connection')?.toLowerCase()
  if (nominated === undefined) return sent
  for (const name in sent) if (listsElement(nominated, name)) return name
  return sent
}

/** Fields that make a read conditional or partial (RFC 9110 §13, §14). */
const conditional = ['if-none-match', 'if-modified-since', 'range', 'if-range'] as const

/** @throws {ProblemError} when the fields are too large (RFC 6585 §5) */
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

/** The origin's fields for the next hop towards the client, which is the cache. */
export function responseFields(origin: FieldSource): FieldMap {
  const nominated = connectionOptions(origin)
  const shown = new FieldMap()
  origin.forEach((value, name) => {
    if (neverShown.has(name) || nominated.has(name) || name.startsWith('spillway-')) return
    shown.append(name, value)
  })
  return shown
}

/** Field names that `Connection` lists, in lower case. */
function connectionOptions(fields: FieldReader): ReadonlySet<string> {
  const connection = fields.get('connection')
  if (connection === null) return none
  return new Set(connection.split(',').map((option) => option.trim().toLowerCase()))
}

const none: ReadonlySet<string> = new Set()
