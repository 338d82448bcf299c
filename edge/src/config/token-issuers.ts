import { edgeEnv } from '@spillway/origin/contract'
import { isCount, isText, isTextList, membersOf, parseJson, parseUrl } from './values.ts'

/**
 * Signature algorithms that may be allowed. All are asymmetric: with a shared secret, the verifier could also sign.
 * `Ed25519` (RFC 9864) and the older `EdDSA` allow each other, since only keys of that curve are accepted.
 */
export const tokenAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

export interface TokenIssuer {
  /** `iss`, compared character by character (RFC 9068 §4). */
  readonly issuer: string
  /** URL of its key set: `https:`, or `http:` on the local machine. */
  readonly jwksUri: string
  /**
   * Value that `aud` must contain. `undefined` for an issuer whose access tokens have no `aud`; then {@link
   * requiredClaims} must identify the intended API.
   */
  readonly audience: string | undefined
  readonly algorithms: readonly TokenAlgorithm[]
  /**
   * `typ` values that an access token may have (RFC 9068 §2.1); `null` for a token without `typ`. An ID token has none
   * either, so a list with `null` requires `audience` or {@link requiredClaims} to distinguish the two. @default
   * ['at+jwt']
   */
  readonly types: readonly (string | null)[]
  /**
   * Required claims: each value is a string, or a list of which one must match. Amazon Cognito's access tokens have
   * neither `typ` nor `aud`: `{ "token_use": "access", "client_id": ["…"] }`. @default {}
   */
  readonly requiredClaims: Readonly<Record<string, readonly string[]>>
  /**
   * Tolerated clock difference from the issuer, in seconds (RFC 7519 §4.1.4: "usually no more than a few minutes"). A
   * token stays valid that much longer. @default 5
   */
  readonly clockToleranceSeconds: number
  /**
   * Namespace of the issuer's subjects. `sub` is unique only within an issuer (RFC 7519 §4.1.2), so a subject is known
   * as `<namespace>:<sub>`, or as plain `sub` if the namespace is empty. Two issuers with one namespace share their
   * subjects, which allows a migration between issuers. With several issuers, each must set it. @default ''
   */
  readonly namespace: string
  /**
   * Places of claims that rules name, each a claim's name or a path, e.g. `{ "roles": ["realm_access.roles"] }` for
   * Keycloak; the values of all places are taken together. @default the claim of the same name
   */
  readonly claims: Readonly<Record<string, readonly string[]>>
}

/** Reads TOKEN_ISSUERS. Records each mistake; an issuer with a mistake must not be used. */
export function readIssuers(text: string | undefined, mistakes: string[]): readonly TokenIssuer[] {
  const name = edgeEnv.tokenIssuers
  const listed = parseJson(text)
  if (!Array.isArray(listed) || listed.length === 0) {
    mistakes.push(
      `${name}: must be a JSON array of at least one { issuer, jwksUri, audience, algorithms, types?, requiredClaims?, clockToleranceSeconds?, namespace?, claims? }.`,
    )
    return []
  }
  const issuers = listed.map((item, index) => readIssuer(`${name}[${index}]`, item, mistakes))
  if (listed.length > 1 && listed.some((item) => membersOf(item).namespace === undefined)) {
    mistakes.push(
      `${name}: with several issuers, give each a namespace, or a subject of one could pass for another's: ` +
        `a short name, the same for issuers that share their users, and "" for one whose subjects stay as they are.`,
    )
  }
  const names = issuers.map(({ issuer }) => issuer)
  for (const twice of new Set(names.filter((issuer, index) => names.indexOf(issuer) !== index))) {
    mistakes.push(`${name}: issuer '${twice}' is listed twice; its keys would be ambiguous.`)
  }
  return issuers
}

function readIssuer(place: string, item: unknown, mistakes: string[]): TokenIssuer {
  const {
    issuer,
    jwksUri,
    audience,
    algorithms,
    types = ['at+jwt'],
    requiredClaims = {},
    clockToleranceSeconds = 5,
    namespace = '',
    claims: places = {},
    ...unknown
  } = membersOf(item)
  for (const name of Object.keys(unknown)) mistakes.push(`${place}.${name}: there is no such setting.`)
  for (const [member, value] of Object.entries({ issuer, jwksUri })) {
    if (!isText(value)) mistakes.push(`${place}.${member}: must be a non-empty string.`)
  }
  const claims = readRequiredClaims(`${place}.requiredClaims`, requiredClaims, mistakes)
  if (audience === undefined ? Object.keys(claims).length === 0 : !isText(audience)) {
    mistakes.push(
      `${place}.audience: must be the value of aud that stands for this API. For an issuer without aud, omit it and name in ` +
        'requiredClaims what its access tokens for this API have, such as { "token_use": "access", "client_id": ["…"] }.',
    )
  }
  const url = typeof jwksUri === 'string' ? parseUrl(jwksUri) : undefined
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) {
    mistakes.push(
      `${place}.jwksUri: must be an https URL (http on 127.0.0.1 only): keys must arrive unchanged.`,
    )
  }
  const known: readonly unknown[] = tokenAlgorithms
  if (!isTextList(algorithms) || !algorithms.every((algorithm) => known.includes(algorithm))) {
    mistakes.push(`${place}.algorithms: must be a list of any of ${tokenAlgorithms.join(', ')}.`)
  }
  if (!Array.isArray(types) || types.length === 0 || !types.every((type) => type === null || isText(type))) {
    mistakes.push(`${place}.types: must be a list such as ["at+jwt"]; null in it is a token without typ.`)
  }
  if (!isCount(clockToleranceSeconds, 0) || Number(clockToleranceSeconds) > 300) {
    mistakes.push(`${place}.clockToleranceSeconds: must be an integer from 0 to 300.`)
  }
  if (typeof namespace !== 'string' || !/^[a-z0-9-]{0,32}$/.test(namespace)) {
    mistakes.push(`${place}.namespace: must be at most 32 lower-case letters, digits and hyphens.`)
  }
  // The cast: a member of another type has recorded a mistake, and then the result is unused.
  return {
    issuer,
    jwksUri,
    audience,
    algorithms,
    types,
    requiredClaims: claims,
    clockToleranceSeconds,
    namespace,
    claims: readClaimPlaces(`${place}.claims`, places, mistakes),
  } as TokenIssuer
}

/** A claim that is read for two names would be carried twice, and an assertion has room for one token's claims. */
function readClaimPlaces(place: string, given: unknown, mistakes: string[]): TokenIssuer['claims'] {
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
    mistakes.push(`${place}: '${twice}' is used twice: give each claim one name, and use that in rules.`)
  }
  return places
}

/** Claims that the verifier checks itself, or that do not identify the token's audience. */
const checkedClaims: readonly string[] = ['iss', 'sub', 'exp', 'nbf', 'iat', 'jti']

function readRequiredClaims(
  place: string,
  given: unknown,
  mistakes: string[],
): Readonly<Record<string, readonly string[]>> {
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : []
  const lists = entries.map(([name, value]) => [name, isText(value) ? [value] : value] as const)
  const isGood =
    typeof given === 'object' &&
    given !== null &&
    !Array.isArray(given) &&
    lists.every(([name, values]) => isTextList(values) && !checkedClaims.includes(name))
  if (!isGood) {
    mistakes.push(
      `${place}: must be { "claim": "value" } or { "claim": ["one", "other"] }, of no registered claim.`,
    )
    return {}
  }
  // The cast: each list was just checked to hold strings.
  return Object.fromEntries(lists) as Readonly<Record<string, readonly string[]>>
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'
