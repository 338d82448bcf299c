import { type Application, RetryBudget, type Slo } from '@spillway/origin/contract'
import type { Parts } from './app.ts'
import { AssertionSigner } from './auth/assertion-signer.ts'
import { ControlSource } from './auth/control-source.ts'
import { KeySet, keySetTimes } from './auth/key-set.ts'
import { fetchKeySet } from './auth/key-set-fetch.ts'
import { PurgeSignatures } from './auth/purge-signatures.ts'
import { TokenVerifier } from './auth/token-verifier.ts'
import {
  apiRules,
  boundedCache,
  type CacheApi,
  createHttpCache,
  createQueuedPurge,
  createZonePurge,
  type HttpCache,
  type HttpCacheOptions,
  MemoryStore,
  type PurgeEverywhere,
  TagStamps,
  WorkersCacheStore,
  WorkersStampStore,
} from './cache/index.ts'
import type { TokenIssuer } from './config/token-issuer.ts'
import type { Bindings, Config } from './config.ts'
import { landsWithinMs, type Mac } from './consistency/consistency-token.ts'
import { CurrentRevisions } from './consistency/current-revisions.ts'
import { LatePurges } from './consistency/late-purges.ts'
import { usableMs } from './consistency/usable-ms.ts'
import { Cors } from './http/cors.ts'
import { RequestPlans } from './http/request-plans.ts'
import { apiKeyCheck, claimsToCarry, usageReports } from './machine-clients.ts'
import { analyticsObserver } from './observe/analytics.ts'
import { logObserver } from './observe/log.ts'
import type { Observe } from './observe/observation.ts'
import { Sampler } from './observe/sampler.ts'
import { SpanExporter } from './observe/span-exporter.ts'
import { totalsObserver } from './observe/totals.ts'
import { LocalQuota } from './overload/local-quota.ts'
import { OpenBodies, shortBodies, streamedBodies, waitingBodies } from './overload/open-bodies.ts'
import { OriginGate } from './overload/origin-gate.ts'
import { ShedProblems } from './overload/shed-problems.ts'
import { derivedMac } from './platform/derived-mac.ts'
import { hiddenCache } from './platform/hidden-cache.ts'
import { RandomIds } from './platform/random-ids.ts'
import type { Site } from './site.ts'
import { hasRoom } from './stage/admit.ts'
import { problemFieldsOf } from './stage/answer.ts'
import type { AskOriginParts } from './stage/ask-origin.ts'
import { ConsistencyTokens } from './stage/consistency.ts'
import { Traces } from './stage/traces.ts'
import { isForAll } from './stage/warm-up.ts'
import { hotListStore } from './warm-up/hot-list-store.ts'
import { WarmUp } from './warm-up/warm-up.ts'

/** Builds everything that an isolate keeps between requests from the application and the configuration. */
export function createParts(
  { resources, slo }: Application,
  config: Config,
  bindings: Bindings,
  site: (cors: Cors) => Site,
): Parts {
  const now = Date.now
  const random = Math.random
  const observe = observer(config, bindings, slo)
  const onControlFailure = (reason: unknown): void =>
    observe({ kind: 'fault', what: 'control', where: 'CONTROL', message: String(reason) })
  const cors = new Cors(config.corsOrigins)
  const problemFields = problemFieldsOf(cors)
  const named = claimsToCarry(resources)
  const ids = new RandomIds()
  const asking: AskOriginParts = {
    now,
    random,
    ids,
    shedProblems: new ShedProblems(problemFields),
    control: new ControlSource(bindings.CONTROL, onControlFailure),
    endpoints: config.origins.map(({ url, rank }) => ({ url, rank, gate: new OriginGate() })),
    signer: new AssertionSigner(config.assertionKey, now),
  }
  const usages = usageReports(resources, asking, observe)
  const plans = new RequestPlans(resources)
  return {
    ...asking,
    usages,
    observe,
    traces: tracesOf(config, ids, observe),
    plans,
    cors,
    site: site(cors),
    problemFields,
    verifier: new TokenVerifier({
      issuers: config.issuers.map((issuer) => ({ ...issuer, keySet: keySetOf(issuer, observe) })),
      named,
      now,
      usages,
      apiKeys: apiKeyCheck(resources, asking, observe),
    }),
    quota: new LocalQuota(config.rateQuota),
    limiter: bindings.RATE_LIMITER,
    cache: createCache(config),
    warmUp: createWarmUp(config, plans, asking, observe),
    revisions: new CurrentRevisions(),
    purgeEverywhere: createPurgeEverywhere(config, bindings),
    purgeSignatures: config.purgeKeys && new PurgeSignatures(config.purgeKeys),
    retryBudget: new RetryBudget(),
    streamedBodies: new OpenBodies(streamedBodies),
    waitingBodies: new OpenBodies(waitingBodies),
    shortBodies: new OpenBodies(shortBodies),
    consistency: new ConsistencyTokens(
      derivedMacs(config.consistencyKeys, 'spillway consistency token'),
      (name) => usableMs(resources, name),
    ),
    latePurges: new LatePurges({ now, sleep, delayMs: landsWithinMs }),
    serverTiming: config.serverTiming,
    repeats: new Sampler(repeatsEvery),
    observesAll: config.log !== 'refusals' || bindings.ANALYTICS !== undefined,
  }
}

/** Sampling of a flood's refusals: they are identical, so one in this many is observed. */
const repeatsEvery = 20

function observer(config: Config, { ANALYTICS, VERSION }: Bindings, slo: Slo): Observe {
  const log = logObserver(config.log, Date.now)
  const others = [
    ...(ANALYTICS === undefined ? [] : [analyticsObserver(ANALYTICS, VERSION?.id)]),
    ...(config.log === 'totals' ? [totalsObserver((line) => console.log(line), slo)] : []),
  ]
  if (others.length === 0) return log
  return (...observation) => {
    for (const observe of [log, ...others]) observe(...observation)
  }
}

function tracesOf({ tracing }: Config, ids: RandomIds, observe: Observe): Traces | undefined {
  if (tracing === undefined) return undefined
  const { receiver, ratio } = tracing
  const where = new URL(receiver.endpoint).host
  const exporter = new SpanExporter({
    receiver,
    fetch: (...call) => fetch(...call),
    onFailure: (reason) => observe({ kind: 'fault', what: 'traces', where, message: String(reason) }),
  })
  return new Traces({ exporter, ratio, random: Math.random, ids })
}

function keySetOf({ issuer, jwksUri }: TokenIssuer, observe: Observe): KeySet {
  const where = new URL(jwksUri ?? issuer).host
  return new KeySet({
    ...keySetTimes,
    now: Date.now,
    fetchKeys: () => fetchKeySet({ issuer, jwksUri }),
    onFailure: (reason) => observe({ kind: 'fault', what: 'key-set', where, message: String(reason) }),
  })
}

/** Answers get a quarter of an isolate's 128 MB. */
const memoryBytesMax = 32 * 1_024 * 1_024

function createCache(config: Config): HttpCache {
  return createHttpCache({
    rules: apiRules,
    memory: new MemoryStore({ bytesMax: memoryBytesMax, countMax: 20_000 }),
    ...(config.locationCache === 'on' ? locationTier(config) : { stamps: new TagStamps({ now: Date.now }) }),
    now: Date.now,
  })
}

/** State that the isolates of a location share: stored answers and purge stamps. */
function locationTier({ cacheKeys, origins, zone }: Config): Pick<HttpCacheOptions, 'shared' | 'stamps'> {
  // Cache API keys are URLs. These use the origin's host name, under which nothing else is stored.
  const base = origins[0]?.url ?? ''
  const cache = boundedCache(caches.default)
  return {
    shared: new WorkersCacheStore(
      hidden(cache, cacheKeys),
      `${base}/.spillway-cache/`,
      // The zone's purge removes only the stamps: an answer that they condemn may still stand in for an error.
      { isTagged: false },
    ),
    // Not hidden: a Worker version with another key must still find the purge stamps.
    stamps: new TagStamps({
      now: Date.now,
      shared: new WorkersStampStore(cache, `${base}/.spillway-stamp/`, 180_000),
      missingMeansPurged: zone !== undefined,
    }),
  }
}

function createWarmUp(
  { cacheKeys, locationCache, origins, warmUp }: Config,
  plans: RequestPlans,
  asking: AskOriginParts,
  observe: Observe,
): WarmUp | undefined {
  if (warmUp === 'off' || locationCache === 'off') return undefined
  // Hidden as stored answers are: the targets have callers' query values.
  return new WarmUp({
    ...{ now: asking.now, random: asking.random, wait: sleep, observe },
    list: hotListStore(
      hidden(boundedCache(caches.default), cacheKeys),
      `${origins[0]?.url ?? ''}/.spillway-warm-up/`,
    ),
    takeReads: () => plans.takeReads(isForAll),
    hasRoom: (nowMs) => hasRoom(nowMs, asking),
  })
}

/** A cache under keys that tell nobody what is stored. */
const hidden = (cache: CacheApi, keys: Config['cacheKeys']): CacheApi =>
  hiddenCache(cache, derivedMacs(keys, 'spillway cache'))

type Macs = readonly [Mac, ...Mac[]]

// The cast: as many MACs as keys, of which the configuration has at least one.
const derivedMacs = (keys: Config['cacheKeys'], purpose: string): Macs =>
  keys.map((key) => derivedMac(key, purpose)) as unknown as Macs

function createPurgeEverywhere(
  { zone }: Config,
  { PURGE_QUEUE: queues }: Bindings,
): PurgeEverywhere | undefined {
  if (zone === undefined) return undefined
  const timing = { now: Date.now, sleep }
  if (queues !== undefined) return createQueuedPurge(() => queues.getByName(zone.id), timing)
  return createZonePurge({
    zoneId: zone.id,
    apiToken: zone.purgeToken,
    fetch: (url, init) => fetch(url, init),
    ...timing,
  })
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
