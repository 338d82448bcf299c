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

const nothing: ZonePurgeReport = { purged: [], failed: [] }

/** @param options `undefined` where no zone or no token is configured: nothing is purged beyond this data centre */
export function createZonePurge(options: ZonePurgeOptions | undefined): PurgeEverywhere {
  if (options === undefined) return async () => nothing
  return async (tags) => {
    const purged: string[] = []
    const failed: { tags: readonly string[]; failure: ZonePurgeFailure }[] = []
    const untilMs = options.now() + (options.deadlineMs ?? 25_000)
    const unique = [...new Set(tags)]
    // One batch after the other: the API counts calls per zone and second.
    for (let start = 0; start < unique.length; start += tagsPerCall) {
      const batch = unique.slice(start, start + tagsPerCall)
      const failure = await purgeBatch(batch, untilMs, options)
      if (failure === undefined) purged.push(...batch)
      else failed.push({ tags: batch, failure })
    }
    return { purged, failed }
  }
}

async function purgeBatch(
  tags: readonly string[],
  untilMs: number,
  options: ZonePurgeOptions,
): Promise<ZonePurgeFailure | undefined> {
  const { attemptsMax = 4, now, sleep, random = Math.random } = options
  let failure: ZonePurgeFailure = { kind: 'deadline' }
  for (let attempt = 0; attempt < attemptsMax && now() <= untilMs; attempt++) {
    const answer = await callApi(tags, options)
    if (answer === undefined) failure = { kind: 'unreachable' }
    else if (answer.ok) return undefined
    else {
      failure = { kind: 'refused', status: answer.status }
      // Anything else in the 400s is our mistake, and stays one however often it is repeated.
      if (answer.status !== 429 && answer.status < 500) return failure
    }
    if (attempt + 1 === attemptsMax) return failure
    const backoffMs = random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** attempt)
    const pauseMs = Math.max(backoffMs, answer?.retryAfterMs ?? 0)
    if (now() + pauseMs > untilMs) return failure
    await sleep(pauseMs)
  }
  return failure
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
