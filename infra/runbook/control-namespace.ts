import type { ControlEntry } from '@spillway/origin/contract'
import { askCloudflare, type CloudflareAccount } from '../cloudflare/ask-cloudflare.ts'
import { controlBinding } from '../src/check/edge-drift.ts'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'
import type { ControlNamespace } from './publish-control.ts'
import { Refusal } from './refusal.ts'

/** Id of a stage's namespace of switches. @throws {Refusal} where `edge/wrangler.jsonc` has none */
export function controlNamespaceId(stage: string, edgeFolder?: string): string {
  const namespaces = readEdgeEnvironments(edgeFolder).get(stage)?.kvNamespaces ?? []
  const id = namespaces.find(({ binding }) => binding === controlBinding)?.id
  if (id === undefined)
    throw new Refusal(`edge/wrangler.jsonc has no namespace ${controlBinding} for ${stage}`)
  return id
}

interface Page {
  readonly result: readonly Omit<ControlEntry, 'value'>[]
  readonly result_info?: { readonly cursor?: string }
}

/**
 * A namespace by Cloudflare's API (developers.cloudflare.com/api, KV). A command of wrangler for each key takes more
 * than a second to start, and a change of the switch needs eight.
 */
export class KvNamespace implements ControlNamespace {
  readonly #account: CloudflareAccount
  readonly #path: string

  constructor(account: CloudflareAccount, id: string) {
    this.#account = account
    this.#path = `storage/kv/namespaces/${encodeURIComponent(id)}`
  }

  async list(): Promise<Page['result']> {
    const keys: Omit<ControlEntry, 'value'>[] = []
    let cursor = ''
    do {
      const words = new URLSearchParams({ limit: '1000', ...(cursor !== '' && { cursor }) })
      const answer = await askCloudflare(this.#account, `${this.#path}/keys?${words}`)
      // The cast is safe: Cloudflare's API answers in this form.
      const page = (await answer.json()) as Page
      keys.push(...page.result)
      cursor = page.result_info?.cursor ?? ''
    } while (cursor !== '')
    return keys
  }

  async get(key: string): Promise<string | undefined> {
    const answer = await askCloudflare(this.#account, this.#value(key), {}, 404)
    const text = await answer.text()
    return answer.status === 404 ? undefined : text
  }

  async put(key: string, value: string): Promise<void> {
    const answer = await askCloudflare(this.#account, this.#value(key), { method: 'PUT', body: value })
    await answer.body?.cancel()
  }

  #value(key: string): string {
    return `${this.#path}/values/${encodeURIComponent(key)}`
  }
}
