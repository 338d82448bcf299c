import { FieldMap, type FieldReader, type FieldSource } from '../../lib/field-map.ts'
import { listMembers } from './blanks.ts'

/** Fields of an answer that are stored, updated and sent on (RFC 9111 §3.1 and §3.2, RFC 9110 §7.6.1). */

/** Hop-by-hop fields: neither stored nor forwarded. */
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

interface ChangeableFields extends FieldReader {
  keys(): Iterable<string>
  delete(name: string): void
}

/** Removes hop-by-hop fields, including those that `Connection` names. */
export function removeHopByHop(headers: ChangeableFields): void {
  const listed = headers.get('connection')
  if (listed !== null) {
    const options = new Set(listMembers(listed.toLowerCase()))
    for (const name of [...headers.keys()]) if (options.has(name)) headers.delete(name)
  }
  for (const name of hopByHop) headers.delete(name)
}

/** Fields that a 304 does not replace: they describe the stored bytes, which stay unchanged (§3.2). */
const bodyBound = new Set([
  'content-length',
  'content-encoding',
  'content-range',
  'content-md5',
  'content-digest',
  'repr-digest',
  'etag',
])

/** Stored fields after validation: the 304's fields replace theirs, the others stay (§3.2, §4.3.4). */
export function freshenedFields(stored: FieldSource, notModified: FieldSource): FieldMap {
  const fields = FieldMap.of(stored)
  // The stored `Age` is outdated; without a new one the age counts from the validation.
  fields.delete('age')
  const update = FieldMap.of(notModified)
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

/** Representation metadata that a 304 omits (RFC 9110 §15.4.5), since the client has it. */
export const omittedFrom304 = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
] as const

/** Removes these fields. @returns the removed ones */
export function takeFields(headers: FieldMap, names: ReadonlySet<string>): [name: string, value: string][] {
  if (names.size === 0) return []
  const taken = [...headers].filter(([name]) => names.has(name))
  for (const [name] of taken) headers.delete(name)
  return taken
}
