import { type AccessRule, partsOf } from './rule.ts'

/** Claims that rules read: the compared values of each, or `all` if documents contain them. */
export type NamedClaims = ReadonlyMap<string, ReadonlySet<string> | 'all'>

/** Claims that any of these rules reads. */
export function namedClaims(rules: Iterable<AccessRule>): NamedClaims {
  const named = new Map<string, Set<string> | 'all'>()
  for (const rule of rules) {
    for (const part of partsOf(rule)) {
      if (part.kind === 'tenant') named.set(part.claim, 'all')
      if (part.kind !== 'claim') continue
      const values = named.get(part.claim) ?? new Set()
      if (values === 'all') continue
      named.set(part.claim, values.add(part.value))
    }
  }
  return named
}

/** Maximum number of values of one claim for `tenant()`, and of their characters together. */
const valuesMax = 16
const charactersMax = 1_024

/**
 * Reads the named claims from a token's claims. A claim is a string or an array of strings. A name is that of a claim,
 * or a path into nested objects (`realm_access.roles`).
 *
 * @param paths the issuer's own name for a claim; without an entry, the claim has its own name
 */
export function readNamedClaims(
  claims: Readonly<Record<string, unknown>>,
  named: NamedClaims,
  paths: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, readonly string[]>> | undefined {
  const found: Record<string, readonly string[]> = {}
  for (const [name, wanted] of named) {
    const places = Object.hasOwn(paths, name) ? (paths[name] ?? []) : [name]
    const values = new Set(places.flatMap((path) => texts(valueAt(claims, path))))
    const kept = [...values].filter((value) => wanted === 'all' || wanted.has(value))
    if (kept.length > 0) found[name] = wanted === 'all' ? bounded(kept) : kept
  }
  return Object.keys(found).length === 0 ? undefined : found
}

/** Keeps the values within the bounds. Fewer values never allow more, so omitting some is safe. */
function bounded(values: readonly string[]): readonly string[] {
  let characters = 0
  return values.slice(0, valuesMax).filter((value) => {
    characters += value.length
    return characters <= charactersMax
  })
}

function valueAt(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    // The cast is safe: it is an object with this member.
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  return value
}

function texts(value: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value]
  return listed.filter((one): one is string => typeof one === 'string' && one !== '' && one.isWellFormed())
}
