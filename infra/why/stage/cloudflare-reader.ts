import { type ControlEntry, controlSnapshotKey, parseControl } from '@spillway/origin/contract'
import {
  type AskAnalytics,
  askAnalytics,
  askCloudflare,
  type CloudflareAccount,
} from '../../cloudflare/ask-cloudflare.ts'

export interface EdgeVersion {
  readonly id: string
  readonly percent: number
}

/** Reads the edge's figures and switches, with the permissions to read Workers KV Storage and Workers Scripts, too. */
export class CloudflareReader {
  readonly #account: CloudflareAccount
  readonly analytics: AskAnalytics

  constructor(account: CloudflareAccount) {
    this.#account = account
    this.analytics = askAnalytics(account)
  }

  /** Switches and revocations that edges obey now. */
  async control(namespace: string): Promise<readonly ControlEntry[]> {
    const path = `storage/kv/namespaces/${encodeURIComponent(namespace)}/values/${controlSnapshotKey}`
    const answer = await askCloudflare(this.#account, path, {}, 404)
    const entries = parseControl(answer.status === 404 ? null : await answer.text())
    const now = Date.now() / 1_000
    return entries.filter(({ expiration }) => expiration === undefined || expiration > now)
  }

  /** Versions of a Worker that get requests, with their shares in percent. */
  async versions(worker: string): Promise<readonly EdgeVersion[]> {
    const answer = await askCloudflare(
      this.#account,
      `workers/scripts/${encodeURIComponent(worker)}/deployments`,
    )
    // The cast is safe: Cloudflare's API answers in this form; what is missing counts as none.
    const { result } = (await answer.json()) as {
      result?: { deployments?: { versions?: { version_id: string; percentage: number }[] }[] }
    }
    const [{ versions = [] } = {}] = result?.deployments ?? []
    return versions.map(({ version_id: id, percentage }) => ({ id, percent: percentage }))
  }
}
