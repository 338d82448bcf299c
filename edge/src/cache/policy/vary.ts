import { listMembers, withoutBlanks } from './blanks.ts'

/**
 * `Vary` and the secondary key (RFC 9111 §4.1). Two requests match when their nominated fields can be turned into each
 * other without changing what they mean; here each field is brought to one spelling, and the spellings compared.
 */

/** Field names in `Vary`, lower case, sorted, each once; `'*'` when any member is `*`, which nothing ever matches. */
export function varyNames(value: string | null): readonly string[] | '*' {
  if (value === null) return []
  const names = new Set(listMembers(value.toLowerCase()))
  return names.has('*') || names.size > namesMax ? '*' : [...names].sort()
}

/** With more names no two requests match, and each read would look at all of them. */
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

/** Names under which both old and new answers of a key tell their variants apart. */
export function unionOfNames(left: readonly string[], right: readonly string[]): readonly string[] {
  const known = new Set(left)
  return right.every((name) => known.has(name)) ? left : [...new Set([...left, ...right])].sort()
}

/** Fields whose members are case-insensitive and, by RFC 9110 §12.5, weighted by `q` alone and not by their order. */
const weightedLists = new Set(['accept-encoding', 'accept-language', 'accept-charset'])

/** Longer values are compared as they stand: a spelling more costs a miss, and reading it would cost time. */
const normalisedLengthMax = 1024

function normalise(name: string, value: string): string {
  if (value.length > normalisedLengthMax) return value
  const trimmed = withoutListSpace(value)
  return weightedLists.has(name) ? byWeight(trimmed.toLowerCase()) : trimmed
}

/** Space around commas and at the ends carries no meaning in a list; inside quoted strings everything stays. */
const withoutListSpace = (value: string): string =>
  value.includes('"') ? withoutBlanks(value) : value.split(',').map(withoutBlanks).join(',')

/** `de;q=1.0,fr;q=0.5,en` → `de,en,fr;q=0.5`: weights in one spelling, members sorted. */
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
