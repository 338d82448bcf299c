import type { VirtualTime } from './virtual-time.ts'

/** Cloudflare's purge API with the documented limits of a plan: a token bucket of calls with 100 tags each. */
export interface PurgeApi {
  readonly calls: number
  readonly refused: number
  fetch(url: string, init: RequestInit): Promise<Response>
}

export interface PurgeApiSettings {
  readonly callsPerSecond: number
  readonly bucket: number
  /** Random number in [0, 1). */
  readonly random: () => number
  /** Called when a tag is purged everywhere. */
  readonly onPurged: (tag: string, atMs: number) => void
}

export function createPurgeApi(time: VirtualTime, settings: PurgeApiSettings): PurgeApi {
  const { callsPerSecond, bucket, random, onPurged } = settings
  const counted = { calls: 0, refused: 0 }
  let tokens = bucket
  let refilledAtMs = 0
  return {
    get calls() {
      return counted.calls
    },
    get refused() {
      return counted.refused
    },
    async fetch(_url, init) {
      counted.calls += 1
      await time.sleep(20 + random() * 80)
      const nowMs = time.now()
      tokens = Math.min(bucket, tokens + ((nowMs - refilledAtMs) / 1000) * callsPerSecond)
      refilledAtMs = nowMs
      // The cast is safe: the edge's purge sends this body.
      const { tags } = JSON.parse(String(init.body)) as { readonly tags: readonly string[] }
      if (tags.length > 100) return new Response(null, { status: 400 })
      if (tokens < 1) {
        counted.refused += 1
        await time.sleep(20)
        return new Response(null, { status: 429, headers: { 'retry-after': '1' } })
      }
      tokens -= 1
      for (const tag of tags) onPurged(tag, nowMs)
      await time.sleep(20 + random() * 80)
      return new Response('{"success":true}')
    },
  }
}
