import {
  type AskAnalytics,
  askAnalytics,
  type CloudflareAccess,
  type CloudflareAccount,
  sendToCloudflare,
} from '../cloudflare/ask-cloudflare.ts'
import type { CallCommand } from './command.ts'
import { KvNamespace } from './control-namespace.ts'
import { Refusal } from './refusal.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Envelope of every answer of Cloudflare's API (developers.cloudflare.com/fundamentals/api/how-to/make-api-calls). */
interface Envelope {
  readonly success: boolean
  readonly errors: readonly { readonly code: number; readonly message: string }[]
  readonly result: unknown
}

/**
 * Cloudflare's API as runbooks use it: one envelope and five verbs. The official package has types for each call, and
 * 17,000 files (120 MB); the stand-in of the tests checks what is sent instead.
 */
export class CloudflareApi {
  readonly #env: NodeJS.ProcessEnv

  /** @param env with `CLOUDFLARE_API_TOKEN` and `CLOUDFLARE_ACCOUNT_ID`, as wrangler reads them */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  get accountId(): string {
    return this.#required('CLOUDFLARE_ACCOUNT_ID')
  }

  /** Path below the account. */
  account(rest: string): string {
    return `/accounts/${this.accountId}${rest}`
  }

  /**
   * @returns the result; undefined for a GET of what is not there
   * @throws {Refusal} in Cloudflare's words, and another error for an answer that may be another one next time
   */
  async get(path: string): Promise<unknown> {
    return this.#send('GET', path)
  }

  /** Analytics Engine, which wrangler has no command for; the token needs `Account Analytics: Read`. */
  async analytics(sql: string): ReturnType<AskAnalytics> {
    return askAnalytics(this.#account())(sql)
  }

  /** A namespace of Workers KV. */
  kv(id: string): KvNamespace {
    return new KvNamespace(this.#account(), id)
  }

  /** A change, as a command that is printed before it runs. */
  change(method: Exclude<Method, 'GET'>, path: string, body?: object): CallCommand {
    const json = body === undefined ? '' : ` --json '${JSON.stringify(body).replaceAll("'", "'\\''")}'`
    return {
      kind: 'cloudflare',
      operation: `${method} ${path}`,
      typed: `curl -fsS -X ${method} "https://api.cloudflare.com/client/v4${path}" -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN"${json}`,
      send: async () => void (await this.#send(method, path, body)),
    }
  }

  /** The zone of a host: the longest of its parent domains that is one. */
  async zoneOf(host: string): Promise<{ readonly id: string; readonly name: string }> {
    const labels = host.split('.')
    for (const index of labels.slice(0, -1).keys()) {
      const name = labels.slice(index).join('.')
      // The cast: Cloudflare's API documents it.
      const [zone] = (await this.get(`/zones?name=${name}`)) as { id: string; name: string }[]
      if (zone !== undefined) return zone
    }
    throw new Refusal(
      `no zone of ${host}: it must be in this account, and the token must be allowed to read zones`,
    )
  }

  #required(name: string): string {
    const value = this.#env[name]
    if (value === undefined || value === '') throw new Refusal(`set ${name}`)
    return value
  }

  async #send(method: Method, path: string, body?: object): Promise<unknown> {
    const response = await sendToCloudflare(this.#access(), path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    const text = await response.text()
    const { status } = response
    if (status === 404 && method === 'GET') return undefined
    if (status === 429 || status >= 500)
      throw new Error(`Cloudflare answered ${status} to ${method} ${path}: ${text.slice(0, 300)}`)
    try {
      // The cast: as above.
      const { success, errors, result } = JSON.parse(text) as Envelope
      if (success) return result
      throw new Refusal(errors.map(({ code, message }) => `${message} (${code})`).join('; '))
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw new Refusal(`Cloudflare answered ${status} without JSON`)
    }
  }

  #account(): CloudflareAccount {
    return { accountId: this.accountId, ...this.#access() }
  }

  #access(): CloudflareAccess {
    return { token: this.#required('CLOUDFLARE_API_TOKEN'), baseUrl: this.#env.CLOUDFLARE_API_BASE_URL }
  }
}
