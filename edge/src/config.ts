import { edgeEnv } from '@spillway/origin/contract'
import type { JWK } from 'jose'
import type { PurgeQueueObject } from './cache/purge/purge-queue-object.ts'

/** All bindings of the Worker. All are optional here, so that missing ones can be reported. */
export interface Bindings {
  readonly ORIGINS?: string
  readonly TOKEN_ISSUERS?: string
  readonly ASSERTION_KEY?: string
  readonly CORS_ORIGINS?: string
  readonly RATE_LIMIT?: string
  readonly SERVER_TIMING?: string
  readonly LOG?: string
  readonly LOCATION_CACHE?: string
  readonly ZONE_ID?: string
  readonly ZONE_PURGE_TOKEN?: string
  readonly PURGE_QUEUE?: DurableObjectNamespace<PurgeQueueObject>
  readonly PURGE_LIMIT?: string
  readonly PASS_THROUGH_PREFIX?: string
  readonly PASS_THROUGH_ORIGIN?: string
  readonly PASS_THROUGH_FIELDS?: string
  readonly PASS_THROUGH_SET_COOKIE?: string
  readonly RATE_LIMITER?: RateLimit
  readonly CONTROL?: KVNamespace
  readonly ANALYTICS?: AnalyticsEngineDataset
}

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

/** Request quota per caller. Mirrors the `simple` settings of the rate-limit binding, which a Worker cannot read. */
export interface RateQuota {
  readonly limit: number
  readonly periodSeconds: number
}

export interface Config {
  /** Base URLs without trailing slash, the preferred one first. */
  readonly origins: readonly string[]
  readonly issuers: readonly TokenIssuer[]
  readonly assertionKey: JWK
  /** `'*'`, or the web origins whose pages may call the API. */
  readonly corsOrigins: '*' | ReadonlySet<string>
  readonly rateQuota: RateQuota | undefined
  /** `always`, `on-request` (for requests with `Spillway-Timing: 1`), or `never`. @default 'on-request' */
  readonly serverTiming: 'always' | 'on-request' | 'never'
  /** Logs `all` requests, or only `refusals` and failures. @default 'refusals' */
  readonly log: 'all' | 'refusals'
  /**
   * Whether isolates of a location share stored answers through the Cache API. `off` for a runtime without it (plain
   * workerd): each isolate then has only its own memory and purges. @default 'on'
   */
  readonly locationCache: 'on' | 'off'
  /**
   * Zone whose purge API drops tags in every data centre. Without it, other data centres serve old answers until they
   * expire.
   */
  readonly zone: { readonly id: string; readonly purgeToken: string } | undefined
  /** Paths under the prefix go to another origin, cached by RFC 9111, without tokens. */
  readonly passThrough:
    | {
        readonly prefix: string
        readonly origin: string
        readonly requestFields: readonly string[]
        readonly storeSetCookie: 'never' | 'explicit'
      }
    | undefined
}

/** An invalid configuration; `mistakes` lists every mistake, one sentence each. Never contains a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(`The edge is not configured:\n${mistakes.map((mistake) => `- ${mistake}`).join('\n')}`)
    this.mistakes = mistakes
  }
}

/** @throws {ConfigError} with every mistake */
export function readConfig(bindings: Bindings): Config {
  const mistakes: string[] = []
  const config = {
    origins: readOrigins(bindings.ORIGINS, mistakes),
    issuers: readIssuers(bindings.TOKEN_ISSUERS, mistakes),
    assertionKey: readAssertionKey(bindings.ASSERTION_KEY, mistakes),
    corsOrigins: readCorsOrigins(bindings.CORS_ORIGINS ?? '', mistakes),
    rateQuota: readRateQuota(bindings.RATE_LIMIT, mistakes),
    serverTiming: readChoice(
      'SERVER_TIMING',
      bindings.SERVER_TIMING,
      ['on-request', 'always', 'never'],
      mistakes,
    ),
    log: readChoice('LOG', bindings.LOG, ['refusals', 'all'], mistakes),
    locationCache: readChoice('LOCATION_CACHE', bindings.LOCATION_CACHE, ['on', 'off'], mistakes),
    zone: readZone(bindings, mistakes),
    passThrough: readPassThrough(bindings, mistakes),
  }
  checkPurgeLimit(bindings, mistakes)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  // The cast: a reader that returns anything else has recorded a mistake.
  return config as Config
}

function readOrigins(text: string | undefined, mistakes: string[]): readonly string[] {
  const origins = split(text)
  if (origins.length === 0) mistakes.push(`${edgeEnv.origins}: give at least one base URL of the origin.`)
  for (const origin of origins) {
    const url = parseUrl(origin)
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      mistakes.push(`${edgeEnv.origins}: '${origin}' is not an http or https URL.`)
    } else if (url.pathname !== '/' || url.search !== '' || url.username !== '') {
      mistakes.push(`${edgeEnv.origins}: '${url.origin}' must have no path, query or credentials.`)
    }
  }
  return origins.map((origin) => parseUrl(origin)?.origin ?? origin)
}

function readIssuers(text: string | undefined, mistakes: string[]): readonly TokenIssuer[] {
  const name = edgeEnv.tokenIssuers
  const listed = parseJson(text)
  if (!Array.isArray(listed) || listed.length === 0) {
    mistakes.push(
      `${name}: want a JSON array of at least one { issuer, jwksUri, audience, algorithms, types?, requiredClaims?, clockToleranceSeconds?, namespace?, claims? }.`,
    )
    return []
  }
  const issuers = listed.map((item, index) => readIssuer(`${name}[${index}]`, item, mistakes))
  if (listed.length > 1 && listed.some((item) => membersOf(item).namespace === undefined)) {
    mistakes.push(
      `${name}: with several issuers, give each a namespace, or a subject of one could pass for another's: ` +
        `a short name, the same where they speak of the same people, "" for one whose subjects are to stand as they are.`,
    )
  }
  const names = issuers.map(({ issuer }) => issuer)
  for (const twice of new Set(names.filter((issuer, index) => names.indexOf(issuer) !== index))) {
    mistakes.push(`${name}: issuer '${twice}' stands twice; its keys would be ambiguous.`)
  }
  return issuers
}

/** Members of a value that should be an object; none if it is not. */
const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

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
    if (!isText(value)) mistakes.push(`${place}.${member}: want a text.`)
  }
  const claims = readRequiredClaims(`${place}.requiredClaims`, requiredClaims, mistakes)
  if (audience === undefined ? Object.keys(claims).length === 0 : !isText(audience)) {
    mistakes.push(
      `${place}.audience: want the value of aud that means this API. For an issuer without aud leave it out, and name in ` +
        'requiredClaims what its access tokens for this API have, such as { "token_use": "access", "client_id": ["…"] }.',
    )
  }
  const url = typeof jwksUri === 'string' ? parseUrl(jwksUri) : undefined
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) {
    mistakes.push(`${place}.jwksUri: want an https URL (http on 127.0.0.1 only): keys must arrive unchanged.`)
  }
  const known: readonly unknown[] = tokenAlgorithms
  if (!isTextList(algorithms) || !algorithms.every((algorithm) => known.includes(algorithm))) {
    mistakes.push(`${place}.algorithms: want a list out of ${tokenAlgorithms.join(', ')}.`)
  }
  if (!Array.isArray(types) || types.length === 0 || !types.every((type) => type === null || isText(type))) {
    mistakes.push(`${place}.types: want a list such as ["at+jwt"]; null in it is a token without typ.`)
  }
  if (!isCount(clockToleranceSeconds, 0) || Number(clockToleranceSeconds) > 300) {
    mistakes.push(`${place}.clockToleranceSeconds: want an integer from 0 to 300.`)
  }
  if (typeof namespace !== 'string' || !/^[a-z0-9-]{0,32}$/.test(namespace)) {
    mistakes.push(`${place}.namespace: want up to 32 lower-case letters, digits and hyphens.`)
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
    mistakes.push(`${place}: want { "roles": "claim" } or { "roles": ["claim", "path.into.one"] }.`)
    return {}
  }
  // The cast: each list was just seen to be one of strings.
  const places = Object.fromEntries(entries) as TokenIssuer['claims']
  const paths = Object.values(places).flat()
  for (const twice of new Set(paths.filter((path, index) => paths.indexOf(path) !== index))) {
    mistakes.push(`${place}: '${twice}' stands twice: give each claim one name, and use that in rules.`)
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
      `${place}: want { "claim": "value" } or { "claim": ["one", "other"] }, of no registered claim.`,
    )
    return {}
  }
  // The cast: each list was just checked to hold strings.
  return Object.fromEntries(lists) as Readonly<Record<string, readonly string[]>>
}

function readAssertionKey(text: string | undefined, mistakes: string[]): JWK | undefined {
  // The cast: a key without a required member has recorded a mistake, and then it is unused.
  const key = parseJson(text) as JWK | undefined
  const usable =
    key?.kty === 'OKP' && key.crv === 'Ed25519' && typeof key.d === 'string' && typeof key.x === 'string'
  if (!usable || typeof key.kid !== 'string' || key.kid === '') {
    mistakes.push(
      `${edgeEnv.assertionKey}: set the secret to a private Ed25519 JSON Web Key with kty, crv, d, x and kid.`,
    )
  }
  return key
}

function readCorsOrigins(text: string, mistakes: string[]): '*' | ReadonlySet<string> {
  const origins = split(text)
  if (origins.length === 1 && origins[0] === '*') return '*'
  for (const origin of origins) {
    if (parseUrl(origin)?.origin !== origin) {
      mistakes.push(`${edgeEnv.corsOrigins}: '${origin}' is not a web origin such as https://app.example.`)
    }
  }
  return new Set(origins)
}

function readRateQuota(text: string | undefined, mistakes: string[]): RateQuota | undefined {
  if (text === undefined || text === '') return undefined
  const { limit, periodSeconds } = membersOf(parseJson(text))
  if (!isCount(limit) || (periodSeconds !== 10 && periodSeconds !== 60)) {
    mistakes.push('RATE_LIMIT: want { "limit": n, "periodSeconds": 10 or 60 }, as in the binding.')
  }
  // The cast: invalid numbers have recorded a mistake, and then the result is unused.
  return { limit, periodSeconds } as RateQuota
}

function readZone(
  { ZONE_ID: id, ZONE_PURGE_TOKEN: purgeToken }: Bindings,
  mistakes: string[],
): Config['zone'] {
  if (isUnset(id) && isUnset(purgeToken)) return undefined
  if (isUnset(id) || isUnset(purgeToken)) {
    mistakes.push('ZONE_ID and ZONE_PURGE_TOKEN: set both, or neither to purge this data centre alone.')
    return undefined
  }
  return { id, purgeToken }
}

/** Checked here although only the queue reads it: there a mistake would be noticed too late. */
function checkPurgeLimit({ PURGE_LIMIT: text }: Bindings, mistakes: string[]): void {
  if (isUnset(text)) return
  const { callsPerSecond, bucket } = membersOf(parseJson(text))
  const isRate = typeof callsPerSecond === 'number' && callsPerSecond > 0
  if (!isRate || !isCount(bucket)) {
    mistakes.push('PURGE_LIMIT: want { "callsPerSecond": n, "bucket": n }, by the plan of the account.')
  }
}

function readPassThrough(bindings: Bindings, mistakes: string[]): Config['passThrough'] {
  const { PASS_THROUGH_PREFIX: prefix, PASS_THROUGH_ORIGIN: origin } = bindings
  const { PASS_THROUGH_FIELDS: fields, PASS_THROUGH_SET_COOKIE: setCookie } = bindings
  if (isUnset(prefix) && isUnset(origin)) return undefined
  if (isUnset(prefix) || isUnset(origin) || !/^\/(?:.*\/)?$/.test(prefix) || parseUrl(origin) === undefined) {
    mistakes.push('PASS_THROUGH_PREFIX and PASS_THROUGH_ORIGIN: want a path such as /assets/ and a base URL.')
    return undefined
  }
  const storeSetCookie = readChoice('PASS_THROUGH_SET_COOKIE', setCookie, ['never', 'explicit'], mistakes)
  return { prefix, origin, storeSetCookie, requestFields: split(fields?.toLowerCase()) }
}

const isUnset = (text: string | undefined): text is '' | undefined => text === undefined || text === ''

function readChoice<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly [Choice, ...Choice[]],
  mistakes: string[],
): Choice {
  if (text === undefined || text === '') return choices[0]
  const choice = choices.find((candidate) => candidate === text)
  if (choice === undefined) mistakes.push(`${name}: '${text}' is none of ${choices.join(', ')}.`)
  return choice ?? choices[0]
}

const split = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const isCount = (value: unknown, min = 1): boolean => Number.isSafeInteger(value) && (value as number) >= min

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isText)

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
