import { type ControlEntry, controlSnapshotKey, parseControl } from '@spillway/origin/contract'
import type { AskAnalytics } from './edge-analytics.ts'

/** Access to Cloudflare: what may be read, and with which token. */
export interface CloudflareAccess {
  readonly accountId: string
  /** A token that only reads: Account Analytics, Workers KV Storage, Workers Scripts. */
  readonly token: string
  /** @default that of Cloudflare */
  readonly baseUrl?: string
}

export interface EdgeVersion {
  readonly id: string
  readonly percent: number
}

const askMs = 10_000

/** Reads the edge's figures and switches. Errors name the call, and never the token. */
export class CloudflareReader {
  readonly #access: CloudflareAccess

  constructor(access: CloudflareAccess) {
    this.#access = access
  }

  readonly analytics: AskAnalytics = async (sql) => {
    const answer = await this.#ask('analytics_engine/sql', { method: 'POST', body: sql })
    // The cast is safe: the member is checked.
    const { data } = (await answer.json()) as { data?: unknown }
    if (!Array.isArray(data)) throw new Error('Analytics Engine answered no rows')
    return data
  }

  /** Switches and revocations that edges obey now. */
  async control(namespace: string): Promise<readonly ControlEntry[]> {
    const path = `storage/kv/namespaces/${encodeURIComponent(namespace)}/values/${controlSnapshotKey}`
    const answer = await this.#ask(path, {}, 404)
    const entries = parseControl(answer.status === 404 ? null : await answer.text())
    const now = Date.now() / 1_000
    return entries.filter(({ expiration }) => expiration === undefined || expiration > now)
  }

  /** Versions of a Worker that get requests, with their shares in percent. */
  async versions(worker: string): Promise<readonly EdgeVersion[]> {
    const answer = await this.#ask(`workers/scripts/${encodeURIComponent(worker)}/deployments`, {})
    // The cast is safe: Cloudflare's API answers in this form; what is missing counts as none.
    const { result } = (await answer.json()) as {
      result?: { deployments?: { versions?: { version_id: string; percentage: number }[] }[] }
    }
    const [{ versions = [] } = {}] = result?.deployments ?? []
    return versions.map(({ version_id: id, percentage }) => ({ id, percent: percentage }))
  }

  async #ask(path: string, init: RequestInit, alsoFine?: number): Promise<Response> {
    const { accountId, token, baseUrl = 'https://api.cloudflare.com/client/v4' } = this.#access
    const answer = await fetch(`${baseUrl}/accounts/${accountId}/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(askMs),
    }).catch((cause) => {
      throw new Error(`Cloudflare does not answer to ${path}`, { cause })
    })
    if (answer.ok || answer.status === alsoFine) return answer
    const says = (await answer.text()).slice(0, 300)
    throw new Error(`Cloudflare answered ${answer.status} to ${path}: ${says}`)
  }
}
