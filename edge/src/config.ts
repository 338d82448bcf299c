import { edgeEnv } from '@spillway/origin/contract'
import type { JWK } from 'jose'
import type { PurgeQueueObject } from './cache/purge/purge-queue-object.ts'

/** Everything that the runtime binds to the Worker. All of it is optional here, so that what is missing can be named. */
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

/** Signature algorithms that may be allowed. Asymmetric ones only: a shared secret could sign as well as verify. */
export const tokenAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

export interface TokenIssuer {
  /** `iss`, compared character by character (RFC 9068 §4). */
  readonly issuer: string
  /** Where its key set is: `https:`, or `http:` on this machine. */
  readonly jwksUri: string
  readonly audience: string
  readonly algorithms: readonly TokenAlgorithm[]
  /** `typ` values that an access token may have. @default ['at+jwt'] */
  readonly types: readonly string[]
  /**
   * Whose subjects these are: `sub` is unique within an issuer alone (RFC 7519 §4.1.2), so beyond it they are known as
   * `<namespace>:<sub>`, and where it is empty as `sub` says. Two issuers of one namespace speak of the same people: so an
   * issuer moves. Where there are several, each must say it. @default ''
   */
  readonly namespace: string
}

/** What one caller may ask for; mirrors the `simple` settings of the rate-limit binding, which cannot be read. */
export interface RateQuota {
  readonly limit: number
  readonly periodSeconds: number
}

export interface Config {
  /** Base URLs without a trailing slash, the preferred one first. */
  readonly origins: readonly string[]
  readonly issuers: readonly TokenIssuer[]
  readonly assertionKey: JWK
  /** `'*'`, or the web origins that browsers may call from. */
  readonly corsOrigins: '*' | ReadonlySet<string>
  readonly rateQuota: RateQuota | undefined
  /** `always`, or on a request that carries `Spillway-Timing: 1`, or never. @default 'on-request' */
  readonly serverTiming: 'always' | 'on-request' | 'never'
  /** `all` requests, or `refusals` and failures alone. @default 'refusals' */
  readonly log: 'all' | 'refusals'
  /**
   * Whether isolates of a location share what they store by the Cache API. `off` where the runtime has none: workerd of
   * one's own; then each isolate is alone with its memory, and purges are its own, too. @default 'on'
   */
  readonly locationCache: 'on' | 'off'
  /** The zone whose purge API drops tags in every data centre; without it other data centres follow by age. */
  readonly zone: { readonly id: string; readonly purgeToken: string } | undefined
  /** Paths under the prefix are passed to another origin, cached by the letter of RFC 9111, without tokens. */
  readonly passThrough:
    | {
        readonly prefix: string
        readonly origin: string
        readonly requestFields: readonly string[]
        readonly storeSetCookie: 'never' | 'explicit'
      }
    | undefined
}

/** The configuration cannot be used; `mistakes` has all of them, one sentence each. Never a value of a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(`The edge is not configured:\n${mistakes.map((mistake) => `- ${mistake}`).join('\n')}`)
    this.mistakes = mistakes
  }
}

/** @throws {ConfigError} that lists every mistake */
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
      `${name}: want a JSON array of at least one { issuer, jwksUri, audience, algorithms, types?, namespace? }.`,
    )
    return []
  }
  const issuers = listed.map((item, index) => readIssuer(`${name}[${index}]`, item, mistakes))
  if (
    listed.length > 1 &&
    listed.some((item) => (item as Partial<TokenIssuer> | null)?.namespace === undefined)
  ) {
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

function readIssuer(place: string, item: unknown, mistakes: string[]): TokenIssuer {
  const {
    issuer,
    jwksUri,
    audience,
    algorithms,
    types = ['at+jwt'],
    namespace = '',
  } = (item ?? {}) as Record<string, unknown>
  for (const [member, value] of Object.entries({ issuer, jwksUri, audience })) {
    if (typeof value !== 'string' || value === '') mistakes.push(`${place}.${member}: want a text.`)
  }
  const url = typeof jwksUri === 'string' ? parseUrl(jwksUri) : undefined
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) {
    mistakes.push(`${place}.jwksUri: want an https URL (http on 127.0.0.1 only): keys must arrive unchanged.`)
  }
  const known: readonly unknown[] = tokenAlgorithms
  if (!isTextList(algorithms) || !algorithms.every((algorithm) => known.includes(algorithm))) {
    mistakes.push(`${place}.algorithms: want a list out of ${tokenAlgorithms.join(', ')}.`)
  }
  if (!isTextList(types)) mistakes.push(`${place}.types: want a list such as ["at+jwt"].`)
  if (typeof namespace !== 'string' || !/^[a-z0-9-]{0,32}$/.test(namespace)) {
    mistakes.push(`${place}.namespace: want up to 32 lower-case letters, digits and hyphens.`)
  }
  return { issuer, jwksUri, audience, algorithms, types, namespace } as TokenIssuer
}

function readAssertionKey(text: string | undefined, mistakes: string[]): JWK | undefined {
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
  const { limit, periodSeconds } = (parseJson(text) ?? {}) as Record<string, unknown>
  if (!isCount(limit) || (periodSeconds !== 10 && periodSeconds !== 60)) {
    mistakes.push('RATE_LIMIT: want { "limit": n, "periodSeconds": 10 or 60 }, as in the binding.')
  }
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

/** Read by the queue itself, where a mistake would be seen when it is too late. */
function checkPurgeLimit({ PURGE_LIMIT: text }: Bindings, mistakes: string[]): void {
  if (isUnset(text)) return
  const { callsPerSecond, bucket } = (parseJson(text) ?? {}) as Record<string, unknown>
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

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '')

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
