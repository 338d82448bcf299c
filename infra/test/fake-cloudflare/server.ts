import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { endServer, listenOnLoopback } from '@spillway/origin/dev/loopback-server'
import { portOf } from '@spillway/origin/dev/ports'
import { FakeCloudflareAccount } from './account.ts'
import { Refused } from './refused.ts'
import { FakeZone } from './zone.ts'

/** A version of a Worker. Its secrets belong to it. */
export interface Version {
  readonly id: string
  readonly number: number
  readonly message: string
  readonly secrets: Readonly<Record<string, string>>
}

/** Share of the traffic by version, the newest deployment first. */
export interface Deployment {
  readonly id: string
  readonly versions: readonly { readonly version_id: string; readonly percentage: number }[]
  readonly message: string | undefined
  createdAtMs: number
}

interface Entry {
  readonly value: string
  /** End of its life, epoch seconds. */
  readonly expiration?: number
  readonly metadata?: unknown
  readonly ttl: number | undefined
}

const token = 'cloudflare-token'
const accountId = 'a'.repeat(32)

/**
 * Cloudflare's API on loopback (`CLOUDFLARE_API_BASE_URL`), as much as wrangler asks for in the runbooks: one Worker
 * with its versions and deployments, and KV namespaces. Anything else is an error, and is kept in `unexpected`.
 */
export class FakeCloudflare {
  readonly versions: Version[] = []
  readonly deployments: Deployment[] = []
  /** Hosts at which the Worker answers. */
  readonly domains = new Set<string>()
  /** Rows that Analytics Engine answers. Its SQL is checked for names and functions that are documented. */
  analytics: (sql: string) => readonly object[] = () => []
  /** Keys of the namespaces that exist. */
  readonly namespaces: Map<string, Map<string, Entry>>
  readonly zone = new FakeZone('acme.test')
  readonly account = new FakeCloudflareAccount((id) => this.namespaces.set(id, new Map()))
  /** Requests that have changed something. */
  readonly changes: string[] = []
  readonly unexpected: string[] = []
  /** Figures of versions, as Analytics Engine sums them up; of the others, those of a version that does well. */
  readonly figures = new Map<
    string,
    { readonly requests: number; readonly errors: number; readonly p99Ms: number }
  >()
  readonly worker: string
  readonly #server: Server

  private constructor(server: Server, worker: string, namespaces: readonly string[]) {
    this.#server = server
    this.worker = worker
    this.namespaces = new Map(namespaces.map((id) => [id, new Map()]))
    for (const id of namespaces) this.account.titles.set(id, `namespace ${id}`)
  }

  static async start(worker: string, namespaces: readonly string[]): Promise<FakeCloudflare> {
    const server = createServer()
    const fake = new FakeCloudflare(server, worker, namespaces)
    server.on('request', (request, response) => void fake.#answer(request, response))
    await listenOnLoopback(server)
    return fake
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${portOf(this.#server)}/client/v4`,
      CLOUDFLARE_API_TOKEN: token,
      CLOUDFLARE_ACCOUNT_ID: accountId,
    }
  }

  close(): Promise<void> {
    return endServer(this.#server)
  }

  /** A version of the Worker; without secrets of its own it has those of the version before. */
  upload(
    message: string,
    secrets: Readonly<Record<string, string>> = this.versions.at(-1)?.secrets ?? {},
  ): Version {
    const version = { id: randomUUID(), number: this.versions.length + 1, message, secrets }
    this.versions.push(version)
    return version
  }

  deploy(versions: Deployment['versions'], message?: string): undefined {
    this.deployments.unshift({ id: randomUUID(), versions, message, createdAtMs: Date.now() })
  }

  /** Versions that have traffic, by share. */
  get live(): Readonly<Record<string, number>> {
    const [{ versions } = { versions: [] }] = this.deployments
    return Object.fromEntries(versions.map(({ version_id, percentage }) => [version_id, percentage]))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback')
    const call = `${request.method} ${pathname.replace(`/client/v4/accounts/${accountId}`, '').replace('/client/v4', '')}`
    if (request.headers.authorization !== `Bearer ${token}`)
      return refuse(response, 401, 10000, 'Authentication error')
    try {
      // An upload session alone stores nothing.
      if (request.method !== 'GET' && !/session$|\/sql$/.test(call)) this.changes.push(call)
      this.#route(
        call,
        searchParams,
        Buffer.concat(chunks),
        response,
        String(request.headers['content-type']),
      )
    } catch (error) {
      if (error instanceof Refused) return refuse(response, error.status, error.code, error.message)
      this.unexpected.push(`${call}: ${(error as Error)?.message}`)
      refuse(response, 400, 7003, `not an operation here: ${call}`)
    }
  }

  #route(
    call: string,
    query: URLSearchParams,
    body: Buffer,
    response: ServerResponse,
    type: string,
  ): undefined {
    const [method = '', path = ''] = call.split(' ')
    const request = { method, path, query, body }
    const answered = this.account.part(request) ?? this.zone.part(request)
    if (answered !== undefined) return answer(response, answered.result)
    if (call === 'POST /analytics_engine/sql' && body.toString().startsWith('SELECT blob6 AS version'))
      return this.#analytics(body.toString(), response)
    const scripts = `/workers/scripts/${this.worker}`
    const [, listed] = /^GET \/storage\/kv\/namespaces\/([^/]+)\/keys$/.exec(call) ?? []
    if (listed !== undefined) return answer(response, this.#listed(listed))
    const [, namespace, key = ''] = /\/storage\/kv\/namespaces\/([^/]+)\/values\/(.+)$/.exec(call) ?? []
    if (namespace !== undefined) {
      const form = type.startsWith('multipart/') ? body.toString() : undefined
      return this.#key(call, { namespace, key: decodeURIComponent(key) }, { query, body, form }, response)
    }
    switch (call) {
      case 'POST /analytics_engine/sql': {
        checkSql(body.toString())
        response.setHeader('content-type', 'application/json')
        const data = this.analytics(body.toString())
        response.end(JSON.stringify({ meta: [], data, rows: data.length }))
        return
      }
      case `GET ${scripts}/deployments`:
        return answer(response, { deployments: this.deployments.map(describedDeployment) })
      case `POST ${scripts}/deployments`:
        return this.#deployment(JSON.parse(body.toString()), query, response)
      case `GET ${scripts}/versions`:
        return answer(response, { items: this.versions.toReversed().slice(0, 10).map(describedVersion) })
      case `PATCH /workers/workers/${this.worker}/versions/latest`: {
        const { env, annotations } = JSON.parse(body.toString())
        const [latest] = this.versions.slice(-1)
        if (latest === undefined) throw new Refused(404, 10222, 'no uploaded versions')
        const changed = Object.entries(env as Record<string, { text: string } | null>)
        const secrets = {
          ...latest.secrets,
          ...Object.fromEntries(changed.map(([name, value]) => [name, value?.text ?? ''])),
        }
        return answer(response, { id: this.upload(annotations['workers/message'], secrets).id })
      }
      case `PUT ${scripts}`: {
        const [, json = '{}'] =
          /name="metadata"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n([^\r]*)\r\n/.exec(body.toString()) ?? []
        const { bindings = [] } = JSON.parse(json) as {
          bindings?: { type: string; name: string; text: string }[]
        }
        const secrets = bindings.filter(({ type }) => type === 'secret_text')
        const version = this.upload(
          'first',
          Object.fromEntries(secrets.map(({ name, text }) => [name, text])),
        )
        this.deploy([{ version_id: version.id, percentage: 100 }])
        return answer(response, { id: this.worker, deployment_id: version.id, startup_time_ms: 1 })
      }
      case `PUT ${scripts}/domains/records`:
        for (const { hostname } of JSON.parse(body.toString()).origins) this.domains.add(hostname)
        return answer(response, null)
      case 'GET /workers/domains':
        return answer(
          response,
          [...this.domains].map((hostname) => ({ hostname, service: this.worker })),
        )
      case `GET /workers/workers/${this.worker}`:
        return answer(response, { name: this.worker, subdomain: { enabled: false, previews_enabled: false } })
      case `POST ${scripts}/subdomain`:
        return answer(response, JSON.parse(body.toString()))
      case `POST ${scripts}/domains/changeset`:
        return answer(response, { added: [], removed: [], updated: [], conflicting: [] })
      case `GET /workers/services/${this.worker}`:
        if (this.versions.length === 0) throw new Refused(404, 10090, 'This service does not exist')
        return answer(response, {
          default_environment: {
            environment: 'production',
            script: { last_deployed_from: 'wrangler', tag: 't', migration_tag: 'v1' },
          },
        })
      // The secrets of the newest version, which an upload must have (`secrets.required`).
      case `GET ${scripts}/secrets`:
        if (this.versions.length === 0) throw new Refused(404, 10007, 'This Worker does not exist')
        return answer(
          response,
          Object.keys(this.versions.at(-1)?.secrets ?? {}).map((name) => ({ name, type: 'secret_text' })),
        )
      case `PATCH ${scripts}/script-settings`:
        return answer(response, {})
      case `GET ${scripts}/settings`:
        return answer(response, { bindings: [] })
      case `POST ${scripts}/assets-upload-session`:
        return answer(response, { jwt: 'assets', buckets: [] })
      case `POST ${scripts}/versions`: {
        const text = body.toString()
        const message = /"workers\/message":"([^"]*)"/.exec(text)?.[1] ?? ''
        return answer(response, {
          id: this.upload(message).id,
          startup_time_ms: 1,
          metadata: { hasPreview: false },
        })
      }
      default: {
        const [, id] = new RegExp(`^GET ${scripts}/versions/([0-9a-f-]+)$`).exec(call) ?? []
        const version = this.versions.find((each) => each.id === id)
        if (id !== undefined && version === undefined) throw new Refused(404, 10007, 'version not found')
        if (version !== undefined) return answer(response, describedVersion(version))
        throw new Error('no such operation')
      }
    }
  }

  /** Analytics Engine, for the one query of `infra/rollout/edge-figures.ts`: data set and columns must be its. */
  #analytics(query: string, response: ServerResponse): undefined {
    if (
      !/^SELECT blob6 AS version, .* FROM spillway_edge WHERE timestamp > NOW\(\) - INTERVAL '\d+' SECOND/.test(
        query,
      )
    )
      throw new Error(`no such query: ${query}`)
    const data = Object.entries(this.live).map(([version, percent]) => ({
      version,
      ...(this.figures.get(version) ?? { requests: String(100 * percent), errors: '0', p99Ms: 80 }),
    }))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ data, rows: data.length }))
  }

  #keys(namespace: string): Map<string, Entry> {
    const keys = this.namespaces.get(namespace)
    if (keys === undefined) throw new Refused(404, 10013, 'namespace not found')
    return keys
  }

  #listed(namespace: string): unknown {
    return [...this.#keys(namespace)].map(([name, { expiration, metadata }]) => ({
      name,
      ...(expiration !== undefined && { expiration }),
      ...(metadata !== undefined && { metadata }),
    }))
  }

  #key(
    call: string,
    { namespace, key }: { readonly namespace: string; readonly key: string },
    {
      query,
      body,
      form,
    }: { readonly query: URLSearchParams; readonly body: Buffer; readonly form: string | undefined },
    response: ServerResponse,
  ): undefined {
    const keys = this.#keys(namespace)
    if (call.startsWith('PUT ')) {
      const ttl = query.get('expiration_ttl')
      if (ttl !== null && Number(ttl) < 60)
        throw new Refused(400, 10038, 'expiration_ttl must be at least 60')
      const value =
        form === undefined
          ? body.toString()
          : (/name="value"\r\n(?:[^\r]+\r\n)*\r\n([^\r]*)/.exec(form)?.[1] ?? '')
      const metadata =
        form === undefined ? undefined : /name="metadata"\r\n(?:[^\r]+\r\n)*\r\n([^\r]*)/.exec(form)?.[1]
      keys.set(key, {
        value,
        ttl: ttl === null ? undefined : Number(ttl),
        ...(ttl !== null && { expiration: Math.floor(Date.now() / 1_000) + Number(ttl) }),
        ...(metadata !== undefined && { metadata: JSON.parse(metadata) }),
      })
      return answer(response, null)
    }
    const entry = keys.get(key)
    if (call.startsWith('DELETE ')) {
      keys.delete(key)
      return answer(response, null)
    }
    if (entry === undefined) throw new Refused(404, 10009, "get: 'key not found'")
    response.end(entry.value)
  }

  /** Refuses a return to a version whose secrets have changed since, unless it is forced (code 10220). */
  #deployment(
    {
      versions,
      annotations = {},
    }: { versions: Deployment['versions']; annotations?: Record<string, string> },
    query: URLSearchParams,
    response: ServerResponse,
  ): undefined {
    if (versions.reduce((sum, { percentage }) => sum + percentage, 0) !== 100)
      throw new Refused(400, 10021, 'percentages must add up to 100')
    const newest = this.versions.at(-1)
    for (const { version_id } of versions) {
      const version = this.versions.find(({ id }) => id === version_id)
      if (version === undefined) throw new Refused(404, 10007, `no version ${version_id}`)
      const changed = Object.keys(newest?.secrets ?? {}).filter(
        (name) => newest?.secrets[name] !== version.secrets[name],
      )
      if (changed.length > 0 && query.get('force') !== 'true') {
        throw new Refused(400, 10220, `The following secrets have changed: ${changed.join(', ')}`)
      }
    }
    this.deploy(versions, annotations['workers/message'])
    answer(response, { id: this.deployments[0]?.id })
  }
}

/** Functions of developers.cloudflare.com/analytics/analytics-engine/sql-reference that queries here use. */
const sqlFunctions = ['SUM', 'sumIf', 'NOW', 'toUnixTimestamp', 'toStartOfMinute']

function checkSql(sql: string): void {
  const calls = [...sql.matchAll(/\b(\w+)\(/g)].map(([, name = '']) => name)
  const unknown = [
    ...calls.filter((name) => !sqlFunctions.includes(name)),
    ...(sql.match(/\b(?:blob|double|index)\d+/g) ?? []).filter(
      (name) => !/^(blob|double)[1-4]$|^index1$/.test(name),
    ),
  ]
  if (unknown.length > 0) throw new Refused(400, 10000, `unknown in SQL: ${unknown.join(', ')}`)
}

const answer = (response: ServerResponse, result: unknown): undefined => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ success: true, errors: [], messages: [], result }))
}

const refuse = (response: ServerResponse, status: number, code: number, message: string): undefined => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }))
}

const describedVersion = ({ id, number, message, secrets }: Version): unknown => ({
  id,
  number,
  metadata: {
    created_on: new Date(number * 86_400_000).toISOString(),
    author_email: 'me@example.com',
    source: 'wrangler',
  },
  annotations: { 'workers/message': message, 'workers/triggered_by': 'upload' },
  resources: {
    bindings: Object.keys(secrets).map((name) => ({ name, type: 'secret_text' })),
    script: { etag: id, handlers: ['fetch'] },
    script_runtime: {},
  },
})

const describedDeployment = ({ id, versions, message, createdAtMs }: Deployment): unknown => ({
  id,
  versions,
  created_on: new Date(createdAtMs).toISOString(),
  author_email: 'me@example.com',
  source: 'wrangler',
  strategy: 'percentage',
  annotations: { 'workers/message': message },
})
