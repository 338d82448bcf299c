import { type Stack, up } from '@spillway/infra/local/up'
import { diagnose, type Finding } from '@spillway/infra/why/diagnose'
import { observe } from '@spillway/infra/why/observe'
import { report } from '@spillway/infra/why/report'
import { startMongod } from '@spillway/origin/dev/mongod'
import { MongoClient } from 'mongodb'

/** Time of the cache's last answers, ms. */
export const recentMs = 15_000

/** Time in which a cause must be named first, ms. */
export const namedWithinMs = 15_000

/** A running system, and the means to break it. */
export class WatchedStack implements AsyncDisposable {
  readonly stack: Stack
  readonly #client: MongoClient
  readonly #closing: AsyncDisposableStack
  /** Lines of the log from before it belong to the fault before. */
  #fromMs = Date.now()
  #refusals: Readonly<Record<string, number>> = {}

  private constructor(stack: Stack, client: MongoClient, closing: AsyncDisposableStack) {
    this.stack = stack
    this.#client = client
    this.#closing = closing
  }

  static async start(): Promise<WatchedStack> {
    await using closing = new AsyncDisposableStack()
    const mongod = await startMongod({ failPoints: true })
    closing.defer(() => mongod.stop())
    const client = new MongoClient(mongod.uri, { directConnection: true })
    closing.defer(() => client.close())
    const stack = closing.use(
      await up({
        databaseUri: mongod.uri,
        application: 'fixture',
        proxied: ['origin', 'issuer'],
        edgeVariables: { LOG: 'totals' },
      }),
    )
    return new WatchedStack(stack, client, closing.move())
  }

  /** Finding of `npm run why` now. */
  async findings(): Promise<readonly Finding[]> {
    const { stack } = this
    const [issuer] = stack.proxies.issuer
    const windowMs = Date.now() - this.#fromMs
    const { signs } = await observe(
      {
        edgeUrl: stack.url,
        originUrls: stack.origins.map(({ port }) => `http://127.0.0.1:${port}`),
        wayUrls: stack.wayUrls,
        keySetUrls: [stack.issuer.jwksUri.replace(/:\d+\//, `:${issuer?.port}/`)],
        // The cast is safe: there is an edge.
        edgeLog: stack.edgeLogs[0] as string,
        originLogs: stack.originLogs,
        control: async () => stack.edges[0]?.control.entries ?? [],
      },
      { windowMs, recentMs, formerMs: Math.max(0, windowMs - recentMs), scrapesMs: 2_000 },
    )
    this.#refusals = signs.edge.refusals
    return diagnose(signs)
  }

  /** Begins a trial: what was seen before does not count. */
  begin(): void {
    this.#fromMs = Date.now()
  }

  /**
   * Looks until a cause is named first.
   *
   * @param hit a route or caller that it hits, which the answer must name with the time since when
   * @returns how it was named, and after which time, ms
   * @throws Error with what was named instead, when the time is over
   */
  async untilNamed(
    name: string,
    hit: string | undefined,
  ): Promise<{ readonly finding: Finding; readonly afterMs: number }> {
    const startedAt = performance.now()
    for (;;) {
      const found = await this.findings()
      const afterMs = performance.now() - startedAt
      const [first] = found
      const isWhole = hit === undefined || (first?.hits.includes(hit) === true && first.since !== undefined)
      if (first?.cause.name === name && isWhole && afterMs <= namedWithinMs)
        return { finding: first, afterMs }
      if (afterMs > namedWithinMs)
        throw new Error(
          `not named: ${name}, hitting ${hit}, but:\n${report(found, 60)}\nrefused: ${JSON.stringify(this.#refusals)}`,
        )
    }
  }

  /** Makes the origin's reads take longer, or fail; `off` ends it. */
  async slowReads(ms: number | 'off'): Promise<void> {
    await this.#client.db('admin').command({
      configureFailPoint: 'failCommand',
      mode: ms === 'off' ? 'off' : 'alwaysOn',
      data: {
        appName: 'spillway-origin',
        failCommands: ['find', 'aggregate'],
        blockConnection: true,
        blockTimeMS: ms === 'off' ? 0 : ms,
      },
    })
  }

  /** The primary steps down; nobody else is there to take over. */
  async stepDown(seconds: number): Promise<void> {
    await this.#client.db('admin').command({ replSetStepDown: seconds, force: true })
  }

  async primaryAgain(): Promise<void> {
    for (;;) {
      const { isWritablePrimary } = await this.#client.db('admin').command({ hello: 1 })
      if (isWritablePrimary) return
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing.disposeAsync()
  }
}
