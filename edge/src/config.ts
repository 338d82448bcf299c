import { edgeEnv, rankedOrigins } from '@spillway/origin/contract'
import type { JWK } from 'jose'
import type { PurgeQueueObject } from './cache/purge/purge-queue-object.ts'
import { isSafeUrl } from './config/issuer-login.ts'
import type { TokenIssuer } from './config/token-issuer.ts'
import { readIssuers } from './config/token-issuers.ts'
import { readTracing, type Tracing, type TracingSettings } from './config/tracing.ts'
import { isCount, isUnset, membersOf, parseJson, parseUrl, readChoice, split } from './config/values.ts'

/** All bindings of the Worker. All are optional here, so that missing ones can be reported. */
export interface Bindings extends TracingSettings {
  readonly ORIGINS?: string
  readonly TOKEN_ISSUERS?: string
  readonly ASSERTION_KEY?: string
  readonly CACHE_KEY?: string
  readonly CONSISTENCY_KEY?: string
  readonly PURGE_KEY?: string
  readonly CORS_ORIGINS?: string
  readonly PUBLIC_URL?: string
  readonly RATE_LIMIT?: string
  readonly SERVER_TIMING?: string
  readonly LOG?: string
  readonly LOCATION_CACHE?: string
  readonly WARM_UP?: string
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
  /** Files of the documentation page, by name. */
  readonly DOCS?: Fetcher
  readonly ANALYTICS?: AnalyticsEngineDataset
  /** Version that runs, so that two of them can be compared. */
  readonly VERSION?: WorkerVersionMetadata
}

/** Request quota per caller. Mirrors the `simple` settings of the rate-limit binding, which a Worker cannot read. */
export interface RateQuota {
  readonly limit: number
  readonly periodSeconds: number
}

/** One way to the origin. */
export interface OriginSetting {
  /** Base URL without a trailing slash. */
  readonly url: string
  /** Order of use: 0 for the preferred origins. Origins of one rank share the requests. */
  readonly rank: number
}

export interface Config {
  /** The origins, the preferred ones first. */
  readonly origins: readonly OriginSetting[]
  readonly issuers: readonly TokenIssuer[]
  readonly assertionKey: JWK
  /** Secrets from which the URLs of stored answers are derived, the one in use first. @default the assertion key's */
  readonly cacheKeys: readonly [string, ...string[]]
  /** The same for consistency tokens. @default the assertion key's */
  readonly consistencyKeys: readonly [string, ...string[]]
  /** Keys with which origins may sign purges. @default none: nobody may purge */
  readonly purgeKeys: readonly string[] | undefined
  /** `'*'`, or the web origins whose pages may call the API. */
  readonly corsOrigins: '*' | ReadonlySet<string>
  /** Base URL of the API for its clients, in the OpenAPI document. @default the host that a request names */
  readonly publicUrl: string | undefined
  readonly rateQuota: RateQuota | undefined
  /** `always`, `on-request` (for requests with `Spillway-Timing: 1`), or `never`. @default 'on-request' */
  readonly serverTiming: 'always' | 'on-request' | 'never'
  /**
   * Logs only `refusals` and failures; in addition `totals` of the answers, once a second; or `all` requests.
   * @default 'refusals'
   */
  readonly log: 'all' | 'refusals' | 'totals'
  /** @default no spans */
  readonly tracing: Tracing | undefined
  /**
   * Whether isolates of a location share stored answers through the Cache API. `off` for a runtime without it (plain
   * workerd): each isolate then has only its own memory and purges. @default 'on'
   */
  readonly locationCache: 'on' | 'off'
  /**
   * Whether an isolate that starts fetches what its data centre reads most, in the background. It needs
   * {@link locationCache}. @default 'on'
   */
  readonly warmUp: 'on' | 'off'
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
  const assertionKey = readAssertionKey(bindings.ASSERTION_KEY, mistakes)
  const config = {
    origins: readOrigins(bindings.ORIGINS, mistakes),
    issuers: readIssuers(bindings.TOKEN_ISSUERS, mistakes),
    assertionKey,
    cacheKeys: readKeys(edgeEnv.cacheKey, bindings.CACHE_KEY, mistakes) ?? [assertionKey?.d],
    consistencyKeys: readKeys(edgeEnv.consistencyKey, bindings.CONSISTENCY_KEY, mistakes) ?? [
      assertionKey?.d,
    ],
    purgeKeys: readKeys(edgeEnv.purgeKey, bindings.PURGE_KEY, mistakes),
    corsOrigins: readCorsOrigins(bindings.CORS_ORIGINS ?? '', mistakes),
    publicUrl: readPublicUrl(bindings.PUBLIC_URL, mistakes),
    rateQuota: readRateQuota(bindings.RATE_LIMIT, mistakes),
    serverTiming: readChoice(
      'SERVER_TIMING',
      bindings.SERVER_TIMING,
      ['on-request', 'always', 'never'],
      mistakes,
    ),
    log: readChoice('LOG', bindings.LOG, ['refusals', 'totals', 'all'], mistakes),
    tracing: readTracing(bindings, mistakes),
    locationCache: readChoice('LOCATION_CACHE', bindings.LOCATION_CACHE, ['on', 'off'], mistakes),
    warmUp: readChoice('WARM_UP', bindings.WARM_UP, ['on', 'off'], mistakes),
    zone: readZone(bindings, mistakes),
    passThrough: readPassThrough(bindings, mistakes),
  }
  checkPurgeLimit(bindings, mistakes)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  // The cast: a reader that returns anything else has recorded a mistake.
  return config as Config
}

function readOrigins(text: string | undefined, mistakes: string[]): readonly OriginSetting[] {
  const origins = rankedOrigins(text ?? '').flatMap((equals, rank) =>
    equals.map((origin) => ({ origin, rank })),
  )
  if (origins.length === 0) mistakes.push(`${edgeEnv.origins}: must be at least one base URL of the origin.`)
  for (const { origin } of origins) {
    const url = parseUrl(origin)
    if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      mistakes.push(`${edgeEnv.origins}: '${origin}' is not an http or https URL.`)
    } else if (url.pathname !== '/' || url.search !== '' || url.username !== '') {
      mistakes.push(`${edgeEnv.origins}: '${url.origin}' must have no path, query or credentials.`)
    }
  }
  return origins.map(({ origin, rank }) => ({ url: parseUrl(origin)?.origin ?? origin, rank }))
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

/** Shortest key, in characters: 32 random bytes in base64url. */
const keyLengthMin = 43

function readKeys(name: string, text: string | undefined, mistakes: string[]): readonly string[] | undefined {
  if (isUnset(text)) return undefined
  const keys = split(text)
  // Names no value: it is a secret.
  if (keys.length === 0 || keys.length > 2 || keys.some((key) => key.length < keyLengthMin)) {
    mistakes.push(`${name}: must be one or two keys of at least ${keyLengthMin} characters, comma-separated.`)
  }
  return keys
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

function readPublicUrl(text: string | undefined, mistakes: string[]): string | undefined {
  if (isUnset(text)) return undefined
  if (!isSafeUrl(text) || parseUrl(text)?.origin !== text) {
    mistakes.push(`PUBLIC_URL: '${text}' is not a base URL such as https://api.example.com.`)
  }
  return text
}

function readRateQuota(text: string | undefined, mistakes: string[]): RateQuota | undefined {
  if (text === undefined || text === '') return undefined
  const { limit, periodSeconds } = membersOf(parseJson(text))
  if (!isCount(limit) || (periodSeconds !== 10 && periodSeconds !== 60)) {
    mistakes.push('RATE_LIMIT: must be { "limit": n, "periodSeconds": 10 or 60 }, as in the binding.')
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
    mistakes.push('ZONE_ID and ZONE_PURGE_TOKEN: set both, or neither to purge only this data centre.')
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
    mistakes.push('PURGE_LIMIT: must be { "callsPerSecond": n, "bucket": n }, by the plan of the account.')
  }
}

function readPassThrough(bindings: Bindings, mistakes: string[]): Config['passThrough'] {
  const { PASS_THROUGH_PREFIX: prefix, PASS_THROUGH_ORIGIN: origin } = bindings
  const { PASS_THROUGH_FIELDS: fields, PASS_THROUGH_SET_COOKIE: setCookie } = bindings
  if (isUnset(prefix) && isUnset(origin)) return undefined
  if (isUnset(prefix) || isUnset(origin) || !/^\/(?:.*\/)?$/.test(prefix) || parseUrl(origin) === undefined) {
    mistakes.push(
      'PASS_THROUGH_PREFIX and PASS_THROUGH_ORIGIN: must be a path such as /assets/ and a base URL.',
    )
    return undefined
  }
  const storeSetCookie = readChoice('PASS_THROUGH_SET_COOKIE', setCookie, ['never', 'explicit'], mistakes)
  return { prefix, origin, storeSetCookie, requestFields: split(fields?.toLowerCase()) }
}
