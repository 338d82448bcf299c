import type { Directives } from './directives.ts'
import { parseStructuredDictionary, type StructuredValue } from './structured-dictionary.ts'

/** Directives whose value is a number of seconds: an Integer, and of no other type (RFC 9213 §2.1). */
const lifetimes = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'])

/**
 * A targeted field, like `CDN-Cache-Control`, as directives (RFC 9213 §2.1). Where a lifetime is of another type, as in
 * `max-age="60"`, nothing of the field is used, as if it had not parsed: what the others make of it is unknown. A
 * directive that restricts holds whatever its value is, save `?0`, which takes it back.
 *
 * @returns `undefined` when the field does not count
 */
export function parseTargetedControl(value: string): Directives | undefined {
  const members = parseStructuredDictionary(value)
  if (members === undefined) return undefined
  const directives = new Map<string, string | true>()
  for (const [name, member] of members) {
    if (lifetimes.has(name) && member.type !== 'integer') return undefined
    const argument = argumentOf(member)
    if (argument !== undefined) directives.set(name, argument)
  }
  return directives.size === 0 ? undefined : directives
}

const argumentOf = ({ type, text }: StructuredValue): string | true | undefined => {
  if (type !== 'boolean') return text
  return text === '?1' ? true : undefined
}
