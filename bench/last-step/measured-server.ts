import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'undici'

/** The server in a process of its own, whose CPU time is read. */
export class MeasuredServer {
  readonly #child: ChildProcess
  readonly #url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.#url = url
  }

  /** @param files certificate and key, for TLS */
  static async start(files: readonly string[] = []): Promise<MeasuredServer> {
    const child = fork(join(import.meta.dirname, 'server.ts'), files)
    const [port] = await once(child, 'message')
    return new MeasuredServer(child, `${files.length > 0 ? 'https' : 'http'}://127.0.0.1:${port}`)
  }

  /** CPU time of the server per request on a kept-alive connection, in µs. */
  async perRequestUs(requests: number): Promise<number> {
    const client = this.#connect()
    await get(client)
    const before = await this.#cpuUs()
    for (let count = 0; count < requests; count += 1) await get(client)
    const spentUs = (await this.#cpuUs()) - before
    await client.close()
    return spentUs / requests
  }

  /** CPU time of the server, and time until the answer, for a connection with a single request. */
  async perConnection(connections: number): Promise<{ readonly cpuUs: number; readonly ms: number }> {
    const before = await this.#cpuUs()
    const startMs = performance.now()
    for (let count = 0; count < connections; count += 1) {
      const client = this.#connect()
      await get(client)
      await client.destroy()
    }
    const ms = (performance.now() - startMs) / connections
    return { cpuUs: ((await this.#cpuUs()) - before) / connections, ms }
  }

  stop(): void {
    this.#child.kill()
  }

  async #cpuUs(): Promise<number> {
    this.#child.send('cpu')
    const [us] = await once(this.#child, 'message')
    return us
  }

  /** Does not verify the certificate, as the balancer does not, and resumes no TLS session. */
  #connect(): Client {
    const connect = { rejectUnauthorized: false, maxCachedSessions: 0 }
    return new Client(this.#url, { pipelining: 1, connect })
  }
}

async function get(client: Client): Promise<void> {
  const { body } = await client.request({ method: 'GET', path: '/v2/places/1' })
  await body.dump()
}
