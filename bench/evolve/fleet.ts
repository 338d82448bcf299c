import { join } from 'node:path'
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
  inflight: number
}

export interface FleetOptions {
  readonly size: number
  readonly databaseUri: string
  readonly databaseName: string
  readonly edgeKeys: string
  readonly logFolder: string
  readonly poolSize: number
  readonly headers: () => Readonly<Record<string, string>>
}

const timeoutMs = 5_000

/** Origins behind a balancer: requests go to each in turn, and a new release takes their places one by one. */
export class Fleet {
  readonly #options: FleetOptions
  #servers: readonly Server[] = []
  #next = 0

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** The oldest release that takes requests. */
  get oldest(): Release | undefined {
    return this.#servers.map(({ release }) => release).sort()[0]
  }

  /** Starts an origin of the release for each of the present ones, and only then takes one out and drains it. */
  async roll(release: Release): Promise<void> {
    const before = this.#servers
    for (let index = 0; index < this.#options.size; index += 1) {
      const server = await this.#start(release, `${release}-${index}`)
      const replaced = before[index]
      this.#servers = [...this.#servers.filter((one) => one !== replaced), server]
      if (replaced !== undefined) await end(replaced)
    }
  }

  /** Whether every origin answers this call with 200. */
  async allAnswer(call: Call): Promise<boolean> {
    const answers = await Promise.all(this.#servers.map((server) => this.#ask(server, call)))
    return answers.length > 0 && answers.every(({ status }) => status === 200)
  }

  /** @param from the oldest release that may answer. @returns `undefined` if there is none */
  send(call: Call, from: Release = 'a'): Promise<Answer> | undefined {
    const able = this.#servers.filter(({ release }) => release >= from)
    this.#next += 1
    const server = able[this.#next % able.length]
    return server && this.#ask(server, call)
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
    return { release, origin, pool, inflight: 0 }
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
      return { status: 0, json: { code: (error as Error).name } }
    } finally {
      server.inflight -= 1
    }
  }
}

/** Takes an origin down as a balancer does: first its requests end. */
async function end(server: Server): Promise<void> {
  while (server.inflight > 0) await new Promise((next) => setTimeout(next, 10))
  await server.origin.stop()
  await server.pool.destroy()
}
