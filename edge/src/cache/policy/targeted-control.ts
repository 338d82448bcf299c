import type { Directives } from './directives.ts'
import { parseStructuredDictionary, type StructuredValue } from './structured-dictionary.ts'

/** Directives whose value must be an Integer, in seconds (RFC 9213 §2.1). */
const lifetimes = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'])

/**
 * A targeted field, such as `CDN-Cache-Control`, as directives (RFC 9213 §2.1). A lifetime of another type, such as
 * `max-age="60"`, invalidates the whole field, as if it had not parsed. A restricting directive applies with any value
 * except `?0`, which is false.
 *
 * @returns `undefined` when the field is empty or invalid
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
