import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Origin, startOrigin } from '@spillway/origin/dev/origin-process'
import { Pool } from 'undici'

export type Release = 'a' | 'b' | 'c'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
}

export interface Answer {
  /** 0: there was no answer. */
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the body is of the resource that was asked for
  readonly json: any
}

interface Server {
  readonly release: Release
  readonly origin: Origin
  readonly pool: Pool
  /** From this time on it takes requests. */
  readonly sinceMs: number
  inflight: number
  /** Requests that it is owed, for turns by weight. */
  owed: number
}

export interface FleetOptions {
  readonly size: number
  readonly databaseUri: string
  readonly databaseName: string
  readonly edgeKeys: string
  readonly logFolder: string
  readonly poolSize: number
  /** Time in which the share of a new origin grows from nothing to that of the others, in ms. */
  readonly slowStartMs: number
  readonly headers: () => Readonly<Record<string, string>>
}

const timeoutMs = 5_000

/**
 * Origins behind a balancer that does what the deployed one does (`infra/src/construct/`): requests go to each in turn, a
 * new origin gets its first when it is ready, its share then grows (slow start), and only after that an old one is taken
 * out (the group's warm-up is longer than the slow start) and ends when its requests have ended.
 */
export class Fleet {
  readonly #options: FleetOptions
  #servers: readonly Server[] = []

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** The oldest release that takes requests. */
  get oldest(): Release | undefined {
    return this.#servers.map(({ release }) => release).sort()[0]
  }

  /** Starts an origin of the release for each of the present ones, which it replaces one by one. */
  async roll(release: Release): Promise<void> {
    const before = this.#servers
    for (let index = 0; index < this.#options.size; index += 1) {
      const server = await this.#start(release, `${release}-${index}`)
      this.#servers = [...this.#servers, server]
      const replaced = before[index]
      if (replaced === undefined) continue
      await sleep(this.#options.slowStartMs)
      this.#servers = this.#servers.filter((one) => one !== replaced)
      await end(replaced)
    }
  }

  /** Whether every origin answers this call with 200. */
  async allAnswer(call: Call): Promise<boolean> {
    const answers = await Promise.all(this.#servers.map((server) => this.#ask(server, call)))
    return answers.length > 0 && answers.every(({ status }) => status === 200)
  }

  /** @param from the oldest release that may answer. @returns `undefined` if there is none */
  send(call: Call, from: Release = 'a'): Promise<Answer> | undefined {
    const server = this.#next(this.#servers.filter(({ release }) => release >= from))
    return server && this.#ask(server, call)
  }

  /** Smooth weighted round robin, as in nginx (`ngx_http_upstream_round_robin.c`). */
  #next(able: readonly Server[]): Server | undefined {
    const nowMs = performance.now()
    let all = 0
    let next: Server | undefined
    for (const server of able) {
      const weight = Math.min(1, (nowMs - server.sinceMs) / this.#options.slowStartMs)
      all += weight
      server.owed += weight
      if (next === undefined || server.owed > next.owed) next = server
    }
    if (next !== undefined) next.owed -= all
    return next
  }

  async stop(): Promise<void> {
    const servers = this.#servers
    this.#servers = []
    await Promise.all(servers.map(end))
  }

  async #start(release: Release, name: string): Promise<Server> {
    const { databaseUri, databaseName, edgeKeys, logFolder, poolSize } = this.#options
    const origin = await startOrigin({
      databaseUri,
      databaseName,
      edgeKeys,
      logFile: join(logFolder, `${name}.log`),
      application: `bench/evolve/releases/${release}`,
      env: { NODE_ENV: 'production', POOL_SIZE: String(poolSize) },
    })
    const pool = new Pool(origin.url, { connections: 256, pipelining: 1 })
    return { release, origin, pool, sinceMs: performance.now(), inflight: 0, owed: 0 }
  }

  async #ask(server: Server, { method, path, body }: Call): Promise<Answer> {
    server.inflight += 1
    try {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const answer = await server.pool.request({
        method,
        path,
        headers: { ...this.#options.headers(), ...(body !== undefined && { 'content-type': type }) },
        signal: AbortSignal.timeout(timeoutMs),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.body.text()
      return { status: answer.statusCode, json: text === '' ? undefined : JSON.parse(text) }
    } catch (error) {
      // The cast is safe: what it calls throws errors.
      return { status: 0, json: { code: (error as Error).name } }
    } finally {
      server.inflight -= 1
    }
  }
}

/** Takes an origin down as a balancer does: first its requests end. */
async function end(server: Server): Promise<void> {
  while (server.inflight > 0) await sleep(10)
  await server.origin.stop()
  await server.pool.destroy()
}
