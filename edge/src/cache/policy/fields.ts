import { listMembers } from './blanks.ts'

/** Fields of an answer that are stored, updated and sent on (RFC 9111 §3.1 and §3.2, RFC 9110 §7.6.1). */

/** Fields of one connection or one proxy hop: neither stored nor sent on. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Removes what concerns the connection to the origin alone, the fields that `Connection` names included. */
export function removeHopByHop(headers: Headers): void {
  const listed = headers.get('connection')
  if (listed !== null) {
    const options = new Set(listMembers(listed.toLowerCase()))
    for (const name of [...headers.keys()]) if (options.has(name)) headers.delete(name)
  }
  for (const name of hopByHop) headers.delete(name)
}

/** Fields that a 304 does not replace: they describe or identify the stored bytes, which stay as they are (§3.2). */
const bodyBound = new Set([
  'content-length',
  'content-encoding',
  'content-range',
  'content-md5',
  'content-digest',
  'repr-digest',
  'etag',
])

/** Stored fields after validation: those of the 304 replace, the rest stay (§3.2, §4.3.4). */
export function freshenedFields(stored: Headers, notModified: Headers): Headers {
  const fields = new Headers(stored)
  // The stored `Age` is that of the old answer; without a new one the answer is as old as the validation.
  fields.delete('age')
  const update = new Headers(notModified)
  removeHopByHop(update)
  const replaced = new Set<string>()
  for (const [name, value] of update) {
    if (bodyBound.has(name) && (name !== 'etag' || stored.has('etag'))) continue
    if (replaced.has(name)) fields.append(name, value)
    else fields.set(name, value)
    replaced.add(name)
  }
  return fields
}

/** Representation metadata that a 304 leaves out (RFC 9110 §15.4.5): the client has it. */
export const omittedFrom304 = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
] as const

/** Takes these fields out. @returns what was there */
export function takeFields(headers: Headers, names: ReadonlySet<string>): [name: string, value: string][] {
  if (names.size === 0) return []
  const taken = [...headers].filter(([name]) => names.has(name))
  for (const [name] of taken) headers.delete(name)
  return taken
}
