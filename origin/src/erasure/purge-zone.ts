import { setTimeout as sleep } from 'node:timers/promises'

/** Access to the zone's purge API, as the edge has it. */
export interface Zone {
  readonly id: string
  /** Token with only the permission "Cache Purge" for the zone. It appears in no error. */
  readonly token: string
  /** @default https://api.cloudflare.com/client/v4 */
  readonly apiBase?: string | undefined
}

/** Maximum number of tags per call (the API's limit). */
const tagsPerCall = 100
const callTimeoutMs = 10_000
const attemptsMax = 8

/**
 * Purges stored answers in every data centre. Waits where the API asks for it: its limits are per account.
 *
 * @throws {Error} if a call is refused for another reason, or again and again
 */
export async function purgeZone(
  { id, token, apiBase = 'https://api.cloudflare.com/client/v4' }: Zone,
  tags: readonly string[],
): Promise<void> {
  for (let from = 0; from < tags.length; from += tagsPerCall) {
    const body = JSON.stringify({ tags: tags.slice(from, from + tagsPerCall) })
    for (let attempt = 1; ; attempt += 1) {
      const answer = await fetch(`${apiBase}/zones/${id}/purge_cache`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(callTimeoutMs),
      }).catch(() => undefined)
      await answer?.body?.cancel()
      if (answer?.ok === true) break
      const isPassing = answer === undefined || answer.status === 429 || answer.status >= 500
      if (!isPassing || attempt === attemptsMax) {
        const why = answer === undefined ? 'cannot be reached' : `answers ${answer.status}`
        throw new Error(`the purge API ${why}: stored answers stay until they expire; run the command again`)
      }
      const told = Number(answer?.headers.get('retry-after') ?? 0)
      await sleep(Math.max(told * 1_000, 250 * 2 ** attempt))
    }
  }
}
