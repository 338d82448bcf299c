import { parseHttpDate } from '../policy/http-date.ts'

/** The zone's `purge_cache` call: purges tags in every data centre. */
export interface PurgeApiOptions {
  readonly zoneId: string
  /** Token with only the permission "Cache Purge" for the zone. It appears in no error and no report. */
  readonly apiToken: string
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** @default https://api.cloudflare.com/client/v4 */
  readonly apiBase?: string
}

/** Maximum number of tags per call (the API's limit). */
export const tagsPerCallMax = 100
/** Timeout of a call. */
export const callMsMax = 5_000

/** Result of a call: accepted, or refused with the requested pause. */
export type HandOver =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number }
  | { readonly kind: 'unreachable' }

/** Never rejects. */
export async function callPurgeApi(tags: readonly string[], options: PurgeApiOptions): Promise<HandOver> {
  const base = options.apiBase ?? 'https://api.cloudflare.com/client/v4'
  try {
    const response = await options.fetch(`${base}/zones/${options.zoneId}/purge_cache`, {
      method: 'POST',
      headers: { authorization: `Bearer ${options.apiToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tags }),
      signal: AbortSignal.timeout(callMsMax),
    })
    await response.body?.cancel()
    if (response.ok) return { kind: 'accepted' }
    const { status } = response
    const retryAfter = retryAfterMs(response.headers.get('retry-after'), options.now())
    return { kind: 'refused', status, retryAfterMs: retryAfter }
  } catch {
    return { kind: 'unreachable' }
  }
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryAfterMs(value: string | null, nowMs: number): number {
  if (value === null) return 0
  if (/^\d+$/.test(value)) return Number(value) * 1000
  return Math.max(0, (parseHttpDate(value, nowMs) ?? nowMs) - nowMs)
}
