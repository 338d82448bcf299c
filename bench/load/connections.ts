import { Client } from 'undici'

export interface ConnectionCounts {
  /** Connections to open before any is used twice; then they take turns, as those of many users do. */
  readonly min: number
  readonly max: number
}

/**
 * Keep-alive connections with one request at a time on each, as browsers and CDNs use HTTP/1.1. Without a minimum, the
 * most recently used one is taken first, so that few are opened.
 */
export class Connections {
  /** Maximum number that were open at once. */
  openMax = 0
  readonly #origin: string
  readonly #counts: ConnectionCounts
  readonly #idle: Client[] = []
  readonly #all: Client[] = []
  #open = 0

  constructor(origin: string, counts: ConnectionCounts) {
    this.#origin = origin
    this.#counts = counts
  }

  /** `undefined`: all are in use, and the limit is reached. */
  take(): Client | undefined {
    const { min, max } = this.#counts
    if (this.#all.length < min) return this.#make()
    const idle = min > 0 ? this.#idle.shift() : this.#idle.pop()
    return idle ?? (this.#all.length < max ? this.#make() : undefined)
  }

  give(client: Client): void {
    this.#idle.push(client)
  }

  #make(): Client {
    const client = new Client(this.#origin, {
      pipelining: 1,
      keepAliveTimeout: 600_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: 10_000 },
    })
    client.on('connect', () => {
      this.openMax = Math.max(this.openMax, ++this.#open)
    })
    client.on('disconnect', () => {
      this.#open--
    })
    this.#all.push(client)
    return client
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.destroy()))
  }
}
