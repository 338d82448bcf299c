import { listMembers, withoutBlanks } from './blanks.ts'

/**
 * `Vary` and the secondary key (RFC 9111 §4.1). Two requests match if their nominated fields have the same meaning;
 * this module normalizes each field and compares the results.
 */

/** Field names in `Vary`: lower case, sorted, without duplicates; `'*'` if any member is `*`, which matches nothing. */
export function varyNames(value: string | null): readonly string[] | '*' {
  if (value === null) return []
  const names = new Set(listMembers(value.toLowerCase()))
  return names.has('*') || names.size > namesMax ? '*' : [...names].sort()
}

/** With more names than this, requests rarely match, and every read would have to compare all of them. */
const namesMax = 64

/** The secondary key of a request under these names; an absent field differs from an empty one. */
export function secondaryKey(names: readonly string[], requestHeaders: Headers): string {
  let key = ''
  for (const name of names) {
    const value = requestHeaders.get(name)
    key += value === null ? `${name}\n` : `${name}=${normalise(name, value)}\n`
  }
  return key
}

/** Names that separate both the old and the new answers of a key. */
export function unionOfNames(left: readonly string[], right: readonly string[]): readonly string[] {
  const known = new Set(left)
  return right.every((name) => known.has(name)) ? left : [...new Set([...left, ...right])].sort()
}

/** Fields with case-insensitive members that only `q` weights, not their order (RFC 9110 §12.5). */
const weightedLists = new Set(['accept-encoding', 'accept-language', 'accept-charset'])

/** Longer values are not normalized: a different spelling costs a miss, but parsing costs time. */
const normalisedLengthMax = 1024

function normalise(name: string, value: string): string {
  if (value.length > normalisedLengthMax) return value
  const trimmed = withoutListSpace(value)
  return weightedLists.has(name) ? byWeight(trimmed.toLowerCase()) : trimmed
}

/** Removes space around commas and at both ends, which carries no meaning; quoted strings stay unchanged. */
const withoutListSpace = (value: string): string =>
  value.includes('"') ? withoutBlanks(value) : value.split(',').map(withoutBlanks).join(',')

/** `de;q=1.0,fr;q=0.5,en` → `de,en,fr;q=0.5`: normalizes weights and sorts members. */
function byWeight(list: string): string {
  return list
    .split(',')
    .filter((member) => member !== '')
    .map((member) => {
      const [item = '', ...parameters] = member.split(';').map(withoutBlanks)
      const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
      return weight === 1 ? item : `${item};q=${weight}`
    })
    .sort()
    .join(',')
}
