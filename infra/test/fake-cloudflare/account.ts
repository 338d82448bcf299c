import { randomBytes, randomUUID } from 'node:crypto'
import { bodyOf, type Part, Refused } from './refused.ts'

export interface FakeTunnel {
  readonly id: string
  readonly name: string
  readonly config_src: string
  readonly token: string
  config: { ingress: readonly unknown[] } | null
}

export interface FakePolicy {
  readonly id: string
  readonly name: string
  readonly [setting: string]: unknown
}

/** Parts of an account beside Workers: tunnels, titles of KV namespaces, notifications. */
export class FakeCloudflareAccount {
  readonly tunnels: FakeTunnel[] = []
  readonly policies: FakePolicy[] = []
  readonly titles = new Map<string, string>()
  readonly #made: (namespace: string) => void

  /** @param made is told the id of a namespace that was made */
  constructor(made: (namespace: string) => void) {
    this.#made = made
  }

  readonly part: Part = (request) =>
    this.#tunnel(request) ?? this.#namespace(request) ?? this.#notification(request)

  readonly #tunnel: Part = (request) => {
    const { method, path, query } = request
    const [, id, rest = ''] = /^\/cfd_tunnel(?:\/([0-9a-f-]{36}))?(\/\w+)?$/.exec(path) ?? []
    if (!path.startsWith('/cfd_tunnel')) return undefined
    const tunnel = this.tunnels.find((each) => each.id === id)
    if (id !== undefined && tunnel === undefined) throw new Refused(404, 1003, 'Tunnel not found')
    switch (`${method} ${rest}`) {
      case 'GET ':
        if (tunnel !== undefined) return { result: { ...withoutToken(tunnel), deleted_at: null } }
        return { result: this.tunnels.filter(({ name }) => name === query.get('name')).map(withoutToken) }
      case 'POST ': {
        const { name, config_src } = bodyOf(request, ['name', 'config_src'])
        if (this.tunnels.some((each) => each.name === name))
          throw new Refused(409, 1013, 'You already have a tunnel with this name')
        if (config_src !== 'cloudflare' && config_src !== 'local') throw new Refused(400, 1004, 'config_src')
        const token = randomBytes(60).toString('base64')
        const made = { id: randomUUID(), name: String(name), config_src, token, config: null }
        this.tunnels.push(made)
        return { result: withoutToken(made) }
      }
      case 'GET /token':
        return { result: tunnel?.token }
      case 'GET /configurations':
        return { result: { config: tunnel?.config ?? null, version: 1 } }
      case 'PUT /configurations': {
        const { config } = bodyOf(request, ['config'])
        const { ingress = [] } = config as { ingress?: { hostname?: string; service?: string }[] }
        // "The last ingress rule must match all URLs" (cloudflared).
        if (ingress.at(-1)?.hostname !== undefined) throw new Refused(400, 1056, 'no rule catches all')
        if (ingress.some(({ service = '' }) => !/^(https?:\/\/[\w.-]+|http_status:\d+)$/.test(service)))
          throw new Refused(400, 1056, 'Bad Configuration: service')
        if (tunnel !== undefined) tunnel.config = { ingress }
        return { result: { config } }
      }
      default:
        return undefined
    }
  }

  readonly #namespace: Part = (request) => {
    const { method, path } = request
    if (path !== '/storage/kv/namespaces') return undefined
    if (method === 'GET') return { result: [...this.titles].map(([id, title]) => ({ id, title })) }
    const { title } = bodyOf(request, ['title'])
    if ([...this.titles.values()].includes(String(title)))
      throw new Refused(400, 10014, 'a namespace with this account ID and title already exists')
    const id = randomBytes(16).toString('hex')
    this.titles.set(id, String(title))
    this.#made(id)
    return { result: { id, title } }
  }

  readonly #notification: Part = (request) => {
    const { method, path } = request
    const [, id] = /^\/alerting\/v3\/policies(?:\/([0-9a-f-]{36}))?$/.exec(path) ?? []
    if (!path.startsWith('/alerting/v3/policies')) return undefined
    if (method === 'GET') return { result: this.policies }
    const fields = bodyOf(request, ['name', 'enabled', 'alert_type', 'mechanisms'], ['filters'])
    if (!['tunnel_health_event', 'billing_usage_alert'].includes(String(fields.alert_type)))
      throw new Refused(400, 17103, 'unknown alert_type')
    const policy = { ...fields, name: String(fields.name), id: id ?? randomUUID() }
    const index = this.policies.findIndex((each) => each.id === id)
    if (method === 'PUT' && index < 0) throw new Refused(404, 17104, 'no policy')
    this.policies.splice(index < 0 ? this.policies.length : index, 1, policy)
    return { result: { id: policy.id } }
  }
}

const withoutToken = ({ id, name, config_src }: FakeTunnel) => ({ id, name, config_src, status: 'inactive' })
