import { parseHttpDate } from '../policy/http-date.ts'

/**
 * Purge by tag in every data centre: the zone's `purge_cache` call. The local purge has happened before this one starts,
 * so it is allowed to take its time; it is not allowed to go on for ever, nor to hammer an API that says 429.
 */
export interface ZonePurgeOptions {
  readonly zoneId: string
  /** Token with the permission "Cache Purge" for the zone, and no other. It appears in no error and no report. */
  readonly apiToken: string
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** In [0, 1). @default Math.random */
  readonly random?: () => number
  /** Calls per batch, the first included. @default 4 */
  readonly attemptsMax?: number
  /** No call starts later than this after the first one. @default 25_000, within the 30 s that waitUntil grants */
  readonly deadlineMs?: number
  /** @default https://api.cloudflare.com/client/v4 */
  readonly apiBase?: string
}

/** Why a batch was given up. */
export type ZonePurgeFailure =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'deadline' }

export interface ZonePurgeReport {
  readonly purged: readonly string[]
  readonly failed: readonly { readonly tags: readonly string[]; readonly failure: ZonePurgeFailure }[]
}

export type PurgeEverywhere = (tags: readonly string[]) => Promise<ZonePurgeReport>

/** Most tags in one call, by the API's limit. */
const tagsPerCall = 30
const backoffBaseMs = 250
const backoffMaxMs = 8000
/** Tags kept for an API that cannot be had; of more, the oldest are given up. */
const pendingMax = 3000
/** Longest that all writers heed a pause which one of them was asked for. */
const pauseMsMax = 60_000
/** How long a writer waits before it looks whether its tags have gone with another's. */
const turnMs = 250
/** Longest that a call may take. */
const callMsMax = 5000

export function createZonePurge(options: ZonePurgeOptions): PurgeEverywhere {
  const queue = new ZonePurge(options)
  return (tags) => queue.purge(tags)
}

/**
 * The API counts calls per zone and second, so there is one call at a time in an isolate, and what is written meanwhile
 * goes with the next one, whoever makes it. What writers share is the set of tags and two instants; no promise, since
 * each belongs to its own request. A pause that the API asks for is everybody's.
 */
class ZonePurge {
  readonly #options: ZonePurgeOptions
  /** Tag → number of the turn in which it came, so that one that comes again is told from one that still waits. */
  readonly #pending = new Map<string, number>()
  #turn = 0
  /** Somebody calls, or is about to call again. Bounded: a request may be dropped in the middle of it. */
  #busyUntilMs = Number.NEGATIVE_INFINITY
  #pausedUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: ZonePurgeOptions) {
    this.#options = options
  }

  /** @returns what this caller has sent, other callers' tags included; what others have sent for it is theirs to tell */
  async purge(tags: readonly string[]): Promise<ZonePurgeReport> {
    const { now, sleep, deadlineMs = 25_000 } = this.#options
    const untilMs = now() + deadlineMs
    const purged: string[] = []
    const failed: { tags: readonly string[]; failure: ZonePurgeFailure }[] = []
    const own = this.#add(tags)
    for (;;) {
      const left = [...own.keys()].filter((tag) => this.#pending.get(tag) === own.get(tag))
      if (left.length === 0) return { purged, failed }
      const waitMs = this.#waitMs(now())
      if (now() + waitMs > untilMs) {
        // They stay: whoever writes next takes them along, late rather than never.
        failed.push({ tags: left, failure: { kind: 'deadline' } })
        return { purged, failed }
      }
      if (waitMs > 0) await sleep(waitMs)
      else {
        const batch = this.#take(left)
        const failure = await this.#send(batch, untilMs)
        this.#busyUntilMs = Number.NEGATIVE_INFINITY
        if (failure === undefined) purged.push(...batch)
        else failed.push({ tags: batch, failure })
      }
    }
  }

  #add(tags: readonly string[]): ReadonlyMap<string, number> {
    const own = new Map<string, number>()
    for (const tag of tags) {
      const turn = this.#pending.get(tag) ?? this.#turn
      this.#pending.set(tag, turn)
      own.set(tag, turn)
    }
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size <= pendingMax) break
      this.#pending.delete(oldest)
    }
    return own
  }

  #waitMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs, nowMs < this.#busyUntilMs ? turnMs : 0)
  }

  /** A call's worth of tags, one's own first. */
  #take(own: readonly string[]): readonly string[] {
    const batch = [...new Set([...own, ...this.#pending.keys()])].slice(0, tagsPerCall)
    for (const tag of batch) this.#pending.delete(tag)
    this.#turn += 1
    return batch
  }

  async #send(tags: readonly string[], untilMs: number): Promise<ZonePurgeFailure | undefined> {
    const { attemptsMax = 4, now, sleep, random = Math.random } = this.#options
    for (let attempt = 1; ; attempt++) {
      this.#busyUntilMs = now() + callMsMax
      const answer = await callApi(tags, this.#options)
      if (answer?.ok === true) return undefined
      const failure: ZonePurgeFailure =
        answer === undefined ? { kind: 'unreachable' } : { kind: 'refused', status: answer.status }
      // Anything else in the 400s is our mistake, and stays one however often it is repeated.
      if (answer !== undefined && answer.status !== 429 && answer.status < 500) return failure
      const askedMs = answer?.retryAfterMs ?? 0
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now() + Math.min(askedMs, pauseMsMax))
      if (attempt === attemptsMax) return failure
      const backoffMs = random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** (attempt - 1))
      const pauseMs = Math.max(backoffMs, askedMs)
      if (now() + pauseMs > untilMs) return failure
      this.#busyUntilMs = now() + pauseMs + callMsMax
      await sleep(pauseMs)
    }
  }
}

interface ApiAnswer {
  readonly ok: boolean
  readonly status: number
  readonly retryAfterMs: number
}

async function callApi(tags: readonly string[], options: ZonePurgeOptions): Promise<ApiAnswer | undefined> {
  const base = options.apiBase ?? 'https://api.cloudflare.com/client/v4'
  try {
    const response = await options.fetch(`${base}/zones/${options.zoneId}/purge_cache`, {
      method: 'POST',
      headers: { authorization: `Bearer ${options.apiToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tags }),
      signal: AbortSignal.timeout(callMsMax),
    })
    await response.body?.cancel()
    return {
      ok: response.ok,
      status: response.status,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after'), options.now()),
    }
  } catch {
    return undefined
  }
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryAfterMs(value: string | null, nowMs: number): number {
  if (value === null) return 0
  if (/^\d+$/.test(value)) return Number(value) * 1000
  return Math.max(0, (parseHttpDate(value, nowMs) ?? nowMs) - nowMs)
}
