import { forwardStatus, hitStatus } from '../policy/cache-status.ts'
import { refreshesEarly } from '../policy/early-refresh.ts'
import { noRequestControl, type RequestControl, requestControl } from '../policy/request-control.ts'
import { mayStandIn, type Reuse, reuse } from '../policy/reuse.ts'
import type { CacheRules } from '../policy/rules.ts'
import type { TagStamps } from '../purge/tag-stamps.ts'
import { answerFromEntry } from './answer-from-entry.ts'
import { Background, type Warmed } from './background.ts'
import type { CacheCall, CacheRequest } from './cache-call.ts'
import type { Entry } from './entry.ts'
import { reasonOf } from './fetch-reason.ts'
import { discard, type FetchOptions, failureOf, fetchToStore, type Outcome } from './fetch-to-store.ts'
import { FlightKeys } from './flight-keys.ts'
import { type Flight, Flights, firstOf, shareableOf, timerWait } from './flights.ts'
import { HitForMiss } from './hit-for-miss.ts'
import type { HttpCache, HttpCacheOptions, Reader, StoredCall } from './http-cache.ts'
import { Layers } from './layers.ts'
import { LateAnswer, notCached } from './no-answer.ts'
import { bypass, handleOther, type OtherMethodOptions, urlTag } from './other-methods.ts'
import { passOn } from './pass-on.ts'
import { SharedHeads } from './shared-head.ts'
import { isFor, keyOfEntry } from './viewer.ts'
import { canUse, type Visit } from './visit.ts'

/** @throws {TypeError} when isolates would share answers but not their purges */
export function createHttpCache(options: HttpCacheOptions): HttpCache {
  if (options.shared !== undefined && !options.stamps.isShared) {
    throw new TypeError('a shared store needs shared stamps: purged answers would come back from it')
  }
  return new Engine(options)
}

/** Number of times that a request waits in vain before it fetches for itself. */
const turnsMax = 3

/** Bounds of the per-key state other than answers. */
const keyRoom = { countMax: 10_000, bytesMax: 2_097_152 }

class Engine implements HttpCache {
  readonly #rules: CacheRules
  readonly #layers: Layers
  readonly #stamps: TagStamps
  readonly #heads = new SharedHeads()
  readonly #flights: Flights
  readonly #flightKeys: FlightKeys
  readonly #background: Background
  readonly #fetching: FetchOptions
  readonly #now: () => number
  readonly #random: () => number
  readonly #beta: number
  readonly #flightWaitMs: number
  readonly #others: OtherMethodOptions

  constructor(options: HttpCacheOptions) {
    const { rules, memory, shared, stamps, now, keyOfUrl } = options
    this.#rules = rules
    this.#stamps = stamps
    this.#now = now
    this.#random = options.random ?? Math.random
    this.#beta = options.earlyRefreshBeta ?? 1
    this.#flightWaitMs = options.flightWaitMs ?? 5000
    this.#flights = new Flights(options.wait ?? timerWait)
    const hitForMiss = new HitForMiss(options.hitForMissMs ?? 2000, keyRoom)
    const keyTags = (key: string) => (keyOfUrl === undefined ? [] : [urlTag(key)])
    this.#layers = new Layers({
      rules,
      keyTags,
      memory,
      shared,
      stamps,
      now,
      keepMaxSeconds: options.keepMaxSeconds ?? 172_800,
    })
    this.#flightKeys = new FlightKeys({ layers: this.#layers, hitForMiss, now })
    this.#background = new Background({
      ...{ layers: this.#layers, flights: this.#flights, flightKeys: this.#flightKeys, now, room: keyRoom },
      fly: (...call) => this.#fly(...call),
    })
    this.#fetching = {
      rules,
      layers: this.#layers,
      now,
      bodyBytesMax: options.bodyBytesMax ?? 1_048_576,
      keyTags,
    }
    this.#others = {
      fetching: this.#fetching,
      purge: (tags) => this.purge(tags),
      keyOfUrl,
      origins: options.origins ?? [],
    }
  }

  tryFresh(
    key: string,
    request: CacheRequest,
    nowMs: number,
    { notBeforeMs = Number.NEGATIVE_INFINITY, viewer }: Reader = {},
  ): Response | undefined {
    const { method, headers } = request
    if (method !== 'GET' && method !== 'HEAD') return undefined
    const entry = this.#layers.inMemory(key, headers, viewer)
    if (entry === undefined || nowMs >= entry.policy.freshUntilMs || entry.policy.alwaysValidate)
      return undefined
    if (entry.requestedAtMs <= notBeforeMs || this.#stamps.isDue(entry.stampsCheckedAtMs, nowMs))
      return undefined
    if (this.#rules.requestDirectives && headers.has('cache-control')) return undefined
    if (this.#isRefreshDue(entry, nowMs)) {
      entry.refreshDue = true
      return undefined
    }
    return answerFromEntry(entry, request, entry.hit(nowMs, this.#heads))
  }

  async handle(call: CacheCall): Promise<Response> {
    const { request } = call
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') return handleOther(call, this.#others)
    const control = this.#rules.requestDirectives
      ? requestControl(request.headers.get('cache-control'))
      : noRequestControl
    if (control.noStore) return bypass(call, 'request', this.#fetching)
    const visit: Visit = { call, control, arrivedAtMs: this.#now(), turn: 0 }
    for (; ; visit.turn += 1) {
      const entry = await this.#layers.checkedInMemory(call)
      const ready = this.#fromStored(call, entry, control)
      if (ready !== undefined) return ready
      if (control.onlyIfCached) return (await this.#loaded(call, control)) ?? notCached(this.#rules.name)
      // Fetching the whole representation is no option: it may be larger than anything that the cache stores.
      if (entry === undefined && request.headers.has('range')) {
        return (await this.#loaded(call, control)) ?? bypass(call, 'partial', this.#fetching)
      }
      const answer = await this.#fetch(visit, entry)
      if (answer !== undefined) return answer
    }
  }

  async serveStored(call: StoredCall): Promise<Response | undefined> {
    if (call.request.method !== 'GET' && call.request.method !== 'HEAD') return undefined
    const nowMs = this.#now()
    const isUsable = (entry: Entry | undefined): entry is Entry =>
      entry?.isAfter(call.notBeforeMs) === true && mayStandIn(entry.policy, 'disconnected', nowMs)
    let entry = await this.#layers.checkedInMemory(call)
    if (!isUsable(entry)) entry = await this.#layers.load(call)
    return isUsable(entry) ? this.#storedAnswer(call.request, entry, nowMs, 'shed') : undefined
  }

  mayHold(key: string, request: CacheRequest, nowMs: number, { viewer }: Reader = {}): boolean {
    if (this.#layers.isShared || this.#layers.inMemory(key, request.headers, viewer) !== undefined)
      return true
    return this.#flights.get(this.#flightKeys.of({ key, request, viewer }), nowMs) !== undefined
  }

  warm(call: CacheCall): Promise<Warmed> {
    return this.#background.warm(call)
  }

  purge(tags: readonly string[]): Promise<void> | undefined {
    return this.#layers.purge(tags)
  }

  /** Answers without the origin: fresh, or stale as permitted. Starts the background refresh that this calls for. */
  #fromStored(call: CacheCall, entry: Entry | undefined, control: RequestControl): Response | undefined {
    if (entry === undefined || !entry.isAfter(call.notBeforeMs)) return undefined
    const nowMs = this.#now()
    const use = reuse(entry.policy, nowMs, control)
    if (use === 'validate') return undefined
    if (use === 'stale-while-revalidate' || (use === 'fresh' && this.#isRefreshDue(entry, nowMs))) {
      this.#background.refresh(call, entry)
    }
    return this.#storedAnswer(call.request, entry, nowMs, use)
  }

  #storedAnswer(request: CacheRequest, entry: Entry, nowMs: number, use: Reuse | 'shed'): Response {
    if (use === 'fresh') return answerFromEntry(entry, request, entry.hit(nowMs, this.#heads))
    const status = hitStatus(this.#rules.name, entry.ttlSeconds(nowMs), use)
    return answerFromEntry(entry, request, entry.sent(nowMs, status))
  }

  /** Waits for the current fetch of the key, or starts one. @returns `undefined` to look into the store again */
  async #fetch(visit: Visit, entry: Entry | undefined): Promise<Response | undefined> {
    const { call, control } = visit
    const flightKey = this.#flightKeys.of(call)
    const nowMs = this.#now()
    const isMarked = this.#flightKeys.isMarked(flightKey, nowMs)
    if (visit.turn < turnsMax && !isMarked) {
      const flight = this.#flights.get(flightKey, nowMs)
      return flight === undefined || !canUse(flight, visit)
        ? this.#lead(visit, entry, flightKey, [])
        : this.#follow(visit, entry, flightKey, flight)
    }
    // A hit-for-miss key: no answer is shared. An answer that will not be stored may be requested with the client's
    // conditions.
    const keepConditions = isMarked && entry === undefined
    const order = {
      stored: entry,
      background: false,
      control,
      keepConditions,
      ...reasonOf(entry, control, nowMs),
    }
    const fetched = fetchToStore(call, order, this.#fetching)
    fetched.then((outcome) => this.#flightKeys.remember(call, flightKey, outcome))
    return this.#own(visit, entry, fetched)
  }

  /**
   * Waits for another request's fetch. If it takes long, one of the waiting requests starts another, and the rest use
   * whichever answer comes first: a slow origin gets one request per interval instead of one per reader (nginx:
   * `proxy_cache_lock_age`).
   */
  async #follow(
    visit: Visit,
    entry: Entry | undefined,
    flightKey: string,
    flight: Flight,
  ): Promise<Response | undefined> {
    const { call } = visit
    const awaited = [flight]
    for (let newest = flight; ; awaited.push(newest)) {
      const outcome = await this.#inTime(call, firstOf(awaited), this.#flightWaitMs)
      if (outcome !== undefined) return this.#share(visit, entry, outcome, newest.rank)
      const standIn = this.#late(call, entry)
      if (standIn !== undefined) return standIn
      const current = this.#flights.get(flightKey, this.#now())
      if (current === undefined || current === newest) {
        return this.#lead(visit, entry, flightKey, awaited)
      }
      newest = current
    }
  }

  /** Fetches for all waiting requests. @param slow earlier fetches, which may still finish first */
  async #lead(
    visit: Visit,
    entry: Entry | undefined,
    flightKey: string,
    slow: readonly Flight[],
  ): Promise<Response | undefined> {
    const { outcome } = this.#fly(visit.call, flightKey, entry, { control: visit.control, background: false })
    if (slow.length > 0) {
      const first = await Promise.race([
        outcome.then(() => undefined),
        ...slow.map((flight) => shareableOf(flight.outcome)),
      ])
      const shared = first && this.#share(visit, entry, first, 0)
      if (shared !== undefined) {
        outcome.then(discard)
        return shared
      }
    }
    return this.#own(visit, entry, outcome)
  }

  /** Answers from this request's own fetch. */
  async #own(
    { call, control }: Visit,
    entry: Entry | undefined,
    fetched: Promise<Outcome>,
  ): Promise<Response | undefined> {
    const outcome = await this.#inTime(call, fetched)
    if (outcome !== undefined) return this.#conclude(call, entry, outcome, control)
    fetched.then(discard)
    return this.#late(call, entry)
  }

  /** @returns `undefined` when this reader's deadline passes first */
  #inTime({ late }: CacheCall, fetched: Promise<Outcome>, waitMs?: number): Promise<Outcome | undefined> {
    if (late !== undefined) return Promise.race([fetched, late])
    return waitMs === undefined ? fetched : this.#flights.join(fetched, waitMs)
  }

  /**
   * Serves a stale answer instead of a late one.
   *
   * @returns `undefined` when there is none and time is left to fetch
   * @throws {LateAnswer} when there is none and the deadline has passed
   */
  #late(call: CacheCall, entry: Entry | undefined): Response | undefined {
    const late: Outcome = { kind: 'disconnected', reason: new LateAnswer() }
    const standIn = this.#standIn(call, entry, late)
    if (standIn === undefined && call.late !== undefined) throw late.reason
    return standIn
  }

  /** One shared fetch: from the data centre's store if still usable, otherwise from the origin. */
  #fly(
    call: CacheCall,
    flightKey: string,
    entry: Entry | undefined,
    { control, background }: { readonly control: RequestControl; readonly background: boolean },
  ): Flight {
    const rank = background ? Number.POSITIVE_INFINITY : (call.rank ?? 0)
    return this.#flights.start(flightKey, { startedAtMs: this.#now(), rank }, call.waitUntil, async () => {
      const loaded = await this.#layers.load(call, call.foreseenTags)
      const stored = loaded ?? entry
      if (loaded !== undefined && loaded !== entry && loaded.isAfter(call.notBeforeMs)) {
        const use = reuse(loaded.policy, this.#now(), control)
        if (use === 'fresh' || (use === 'stale-while-revalidate' && !background)) {
          const key = keyOfEntry(loaded, call)
          return { kind: 'entry', entry: loaded, key, withheld: [], forwarded: undefined, stored: 'stored' }
        }
      }
      const order = { stored, background, control, ...reasonOf(stored, control, this.#now()) }
      const outcome = await fetchToStore(call, order, this.#fetching)
      if (background) this.#background.ended(flightKey, outcome)
      this.#flightKeys.remember(call, flightKey, outcome)
      return outcome
    })
  }

  /** Answers the request that led the fetch. */
  #conclude(
    call: CacheCall,
    entry: Entry | undefined,
    outcome: Outcome,
    control: RequestControl,
  ): Response | undefined {
    if (outcome.kind === 'own') {
      const status = forwardStatus(this.#rules.name, outcome.forwarded)
      return passOn(outcome.response, call.request, status, this.#rules.ownFields)
    }
    if (outcome.kind === 'entry' && outcome.forwarded === undefined) {
      return this.#fromStored(call, outcome.entry, control)
    }
    return this.#standIn(call, entry, outcome) ?? this.#outcomeAnswer(call, outcome, false)
  }

  /** Answers a request that waited for the fetch. @returns `undefined` when the outcome does not fit it */
  #share(
    { call, control, arrivedAtMs }: Visit,
    entry: Entry | undefined,
    outcome: Outcome,
    rank: number,
  ): Response | undefined {
    if (outcome.kind === 'own') return undefined
    if (outcome.kind === 'entry') {
      const shared = outcome.entry
      // An answer fetched after this reader arrived is as new as its own fetch would be, even if a purge during the
      // fetch forbids to store it. Otherwise frequent purges would make every reader fetch for itself.
      const isUsable =
        outcome.stored === 'stored' || (outcome.stored === 'purged' && shared.requestedAtMs > arrivedAtMs)
      if (!isUsable || !shared.isAfter(call.notBeforeMs) || !isFor(call, outcome)) return undefined
      // The answer's `Vary` may separate the two requests.
      if (this.#rules.vary && this.#layers.inMemory(call.key, call.request.headers) !== shared)
        return undefined
      if (outcome.forwarded === undefined) return this.#fromStored(call, shared, control)
      const nowMs = this.#now()
      const wanted = shared.requestedAtMs >= arrivedAtMs ? noRequestControl : control
      const isFresh = reuse(shared.policy, nowMs, wanted) === 'fresh'
      return isFresh ? this.#outcomeAnswer(call, outcome, true) : undefined
    }
    const standIn = this.#standIn(call, entry, outcome)
    return standIn ?? (rank > (call.rank ?? 0) ? undefined : this.#outcomeAnswer(call, outcome, true))
  }

  /** stale-if-error (RFC 5861 §4). */
  #standIn(call: CacheCall, found: Entry | undefined, outcome: Outcome): Response | undefined {
    const failure = failureOf(outcome)
    if (failure === undefined) return undefined
    const held = this.#layers.latest(call, found)
    if (held === undefined || (!this.#rules.softPurge && this.#stamps.isGone(held))) return undefined
    const nowMs = this.#now()
    if (!held.isAfter(call.notBeforeMs) || !mayStandIn(held.policy, failure, nowMs)) return undefined
    const status = forwardStatus(this.#rules.name, {
      reason: 'stale',
      ...(outcome.kind === 'error-answer' && { status: outcome.entry.status }),
      ttlSeconds: held.ttlSeconds(nowMs),
      detail: 'stale-if-error',
    })
    return answerFromEntry(held, call.request, held.sent(nowMs, status))
  }

  #outcomeAnswer(call: CacheCall, outcome: Exclude<Outcome, { kind: 'own' }>, collapsed: boolean): Response {
    if (outcome.kind === 'disconnected') throw outcome.reason
    const { entry, forwarded, withheld } = outcome
    const status = forwardStatus(this.#rules.name, { reason: 'miss', ...forwarded, collapsed })
    return answerFromEntry(entry, call.request, entry.forwarded(status, collapsed ? [] : withheld))
  }

  #isRefreshDue(entry: Entry, nowMs: number): boolean {
    if (entry.refreshDue) return true
    return refreshesEarly(nowMs, entry.policy.freshUntilMs, entry.fetchMs * this.#beta, this.#random)
  }

  /** A usable answer from the data centre's store, without the origin. */
  async #loaded(call: CacheCall, control: RequestControl): Promise<Response | undefined> {
    return this.#fromStored(call, await this.#layers.load(call), control)
  }
}
