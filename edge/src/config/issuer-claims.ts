import type { RequiredClaims, TokenIssuer } from './token-issuer.ts'
import { isText, isTextList, membersOf } from './values.ts'

/** Claims that the verifier checks itself, or that do not identify the token's audience. */
const checkedClaims: readonly string[] = ['iss', 'sub', 'exp', 'nbf', 'iat', 'jti']

/** A refusal names the claim in `error_description`, whose characters RFC 6750 §3 restricts. */
const isClaimName = (name: string): boolean =>
  /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(name) && !checkedClaims.includes(name)

export function readRequiredClaims(place: string, given: unknown, mistakes: string[]): RequiredClaims {
  const claims = readClaims(given, (values) => values === true || isTextList(values))
  if (claims === undefined) {
    mistakes.push(
      `${place}: must be { "claim": "value" }, { "claim": ["one", "other"] } or { "claim": true }, without registered claims.`,
    )
  }
  // The cast: each value was just checked to be a list of strings or true.
  return (claims ?? {}) as RequiredClaims
}

export function readRefusedClaims(
  place: string,
  given: unknown,
  mistakes: string[],
): TokenIssuer['refusedClaims'] {
  const claims = readClaims(given, isTextList)
  if (claims === undefined) {
    mistakes.push(
      `${place}: must be { "claim": "value" } or { "claim": ["one", "other"] }, without registered claims.`,
    )
  }
  // The cast: each value was just checked to be a list of strings.
  return (claims ?? {}) as TokenIssuer['refusedClaims']
}

/** Values by claim, a lone string as a list; `undefined` if any is not as it should be. */
function readClaims(
  given: unknown,
  isGood: (values: unknown) => boolean,
): Readonly<Record<string, unknown>> | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
  const lists = Object.entries(given).map(([name, value]) => [name, isText(value) ? [value] : value] as const)
  if (!lists.every(([name, values]) => isClaimName(name) && isGood(values))) return undefined
  return Object.fromEntries(lists)
}

/** A claim that is read for two names would be carried twice, and an assertion has room for one token's claims. */
export function readClaimPlaces(place: string, given: unknown, mistakes: string[]): TokenIssuer['claims'] {
  const named = Object.entries(membersOf(given))
  const entries = named.map(([name, value]) => [name, isText(value) ? [value] : value] as const)
  if (Array.isArray(given) || entries.some(([, paths]) => !isTextList(paths))) {
    mistakes.push(`${place}: must be { "roles": "claim" } or { "roles": ["claim", "path.into.one"] }.`)
    return {}
  }
  // The cast: each list was just seen to be one of strings.
  const places = Object.fromEntries(entries) as TokenIssuer['claims']
  const paths = Object.values(places).flat()
  for (const twice of new Set(paths.filter((path, index) => paths.indexOf(path) !== index))) {
    mistakes.push(`${place}: '${twice}' is used twice: give each claim one name, and use that name in rules.`)
  }
  return places
}
