import { Agent, request } from 'undici'

/** Number of answers by status; `0` counts requests without an answer. */
export type Statuses = ReadonlyMap<number, number>

/** Number of answers other than 2xx. */
export const refusedOf = (statuses: Statuses): number =>
  [...statuses].reduce((sum, [status, count]) => sum + (status >= 200 && status < 300 ? 0 : count), 0)

export const askedOf = (statuses: Statuses): number => [...statuses.values()].reduce((sum, n) => sum + n, 0)

/** Clients with one connection each. Every request is for a document that none has read before. */
export class Clients {
  readonly #base: string
  readonly #path: () => string
  readonly #agent = new Agent({ connections: 512, pipelining: 1, headersTimeout: 5_000 })

  /** @param path returns another path each time */
  constructor(base: string, path: () => string) {
    this.#base = base
    this.#path = path
  }

  /** Sends `size` requests at once. */
  async burst(size: number): Promise<Statuses> {
    const statuses = new Map<number, number>()
    await Promise.all(Array.from({ length: size }, () => this.#ask(statuses)))
    return statuses
  }

  /** Closed loop of `count` clients for `lengthMs`: each sends its next request when the last one is answered. */
  async loop(count: number, lengthMs: number): Promise<Statuses> {
    const statuses = new Map<number, number>()
    const untilMs = performance.now() + lengthMs
    await Promise.all(
      Array.from({ length: count }, async () => {
        while (performance.now() < untilMs) await this.#ask(statuses)
      }),
    )
    return statuses
  }

  async stop(): Promise<void> {
    await this.#agent.close()
  }

  async #ask(statuses: Map<number, number>): Promise<void> {
    const url = this.#base + this.#path()
    let status = 0
    try {
      const { statusCode, body } = await request(url, { dispatcher: this.#agent })
      await body.dump()
      status = statusCode
    } catch {
      // 0 stands for no answer.
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
}
