import { performance } from 'node:perf_hooks'
import type { Client, Dispatcher } from 'undici'
import type { Connections } from './connections.ts'
import type { Step } from './workload.ts'

/** End of a request: a status, or the reason why there is none. */
export type Ending =
  | {
      readonly status: number
      /** `Age` of the answer in seconds; 0 without the field. */
      readonly ageSeconds: number
      /** Whether a cache had the answer, by the first entry of its `Cache-Status` (RFC 9211 §2.1). */
      readonly isHit: boolean
      /** Body of a problem answer (4xx, 5xx): its code and reason say what became of the request. Empty for the others. */
      readonly refusal: string
    }
  | { readonly reason: string }

export type OnEnding = (ending: Ending, latencyMs: number) => void

/** Interval at which timed-out requests are looked for. */
const sweepMs = 50

/** Sends requests over connections. One that finds no connection waits for one, and the wait is part of its latency. */
export class Sender {
  /** Requests that have had to wait for a connection since this was last set to 0. */
  waited = 0
  readonly #connections: Connections
  readonly #timeoutMs: number
  readonly #inFlight = new Set<Exchange>()
  readonly #waiting: Exchange[] = []
  readonly #sweeper = setInterval(() => this.#sweep(), sweepMs)
  #onIdle: (() => void) | undefined

  constructor(connections: Connections, timeoutMs: number) {
    this.#connections = connections
    this.#timeoutMs = timeoutMs
  }

  /** @param intendedMs planned start, on the clock of `performance.now()` */
  send(step: Step, intendedMs: number, onEnding: OnEnding): void {
    const exchange = new Exchange(step, intendedMs, (client, ending) => {
      this.#inFlight.delete(exchange)
      const latencyMs = performance.now() - intendedMs
      // Frees the connection first: the callback may send a request that needs it.
      if (client !== undefined) this.#next(client)
      onEnding(ending, latencyMs)
      if (this.#inFlight.size === 0) this.#onIdle?.()
    })
    this.#inFlight.add(exchange)
    const client = this.#connections.take()
    if (client !== undefined) {
      exchange.begin(client)
    } else {
      this.waited++
      this.#waiting.push(exchange)
    }
  }

  /** Resolves when every request has ended, which each does within the timeout. */
  async idle(): Promise<void> {
    if (this.#inFlight.size === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    this.#onIdle = undefined
  }

  stop(): void {
    clearInterval(this.#sweeper)
  }

  #next(client: Client): void {
    let waiting = this.#waiting.shift()
    // Skips requests that have timed out while they waited.
    while (waiting !== undefined && !this.#inFlight.has(waiting)) waiting = this.#waiting.shift()
    if (waiting === undefined) this.#connections.give(client)
    else waiting.begin(client)
  }

  #sweep(): void {
    const latestMs = performance.now() - this.#timeoutMs
    // The map is in the order of sending: the first request within its time ends the search.
    for (const exchange of this.#inFlight) {
      if (exchange.intendedMs > latestMs) return
      exchange.abort('timeout')
    }
  }
}

const hit = /^[^;]*; *hit\b/

const isProblem = (status: number): boolean => status >= 400

class Exchange implements Dispatcher.DispatchHandler {
  readonly intendedMs: number
  readonly #step: Step
  readonly #onEnd: (client: Client | undefined, ending: Ending) => void
  #client: Client | undefined
  #controller: Dispatcher.DispatchController | undefined
  #reason: string | undefined
  #status = 0
  #etag: string | undefined
  #ageSeconds = 0
  #isHit = false
  readonly #refusal: Buffer[] = []

  constructor(step: Step, intendedMs: number, onEnd: (client: Client | undefined, ending: Ending) => void) {
    this.#step = step
    this.intendedMs = intendedMs
    this.#onEnd = onEnd
  }

  begin(client: Client): void {
    this.#client = client
    const { method, path, headers, body = null } = this.#step.call
    client.dispatch({ method, path, headers, body }, this)
  }

  abort(reason: string): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    if (this.#client === undefined) this.#onEnd(undefined, { reason })
    else this.#controller?.abort(new Error(reason))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#reason !== undefined) controller.abort(new Error(this.#reason))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status
    if (typeof headers.etag === 'string') this.#etag = headers.etag
    const cacheStatus = headers['cache-status']
    this.#isHit = typeof cacheStatus === 'string' && hit.test(cacheStatus)
    if (headers.age !== undefined) this.#ageSeconds = Number(headers.age)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (isProblem(this.#status)) this.#refusal.push(chunk)
  }

  onResponseEnd(): void {
    this.#step.answered?.(this.#status, this.#etag)
    const refusal = isProblem(this.#status) ? Buffer.concat(this.#refusal).toString() : ''
    const [ageSeconds, isHit] = [this.#ageSeconds, this.#isHit]
    this.#onEnd(this.#client, { status: this.#status, ageSeconds, isHit, refusal })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // The cast is safe: undici reports errors, and an absent code is undefined.
    const { code = error.name } = error as NodeJS.ErrnoException
    this.#onEnd(this.#client, { reason: this.#reason ?? code })
  }
}
