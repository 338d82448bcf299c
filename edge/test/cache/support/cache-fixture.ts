import type { CacheCall, ForwardOrder } from '../../../src/cache/engine/cache-call.ts'
import { createHttpCache } from '../../../src/cache/engine/engine.ts'
import type { HttpCache, HttpCacheOptions } from '../../../src/cache/engine/http-cache.ts'
import { apiRules } from '../../../src/cache/policy/rules.ts'
import type { Stamp, StampName, StampRead, StampStore } from '../../../src/cache/purge/stamp.ts'
import { TagStamps } from '../../../src/cache/purge/tag-stamps.ts'
import { MemoryStore } from '../../../src/cache/store/memory-store.ts'

/** A clock that stands still until it is told to move. */
export class Clock {
  nowMs = Date.UTC(2026, 0, 1)
  readonly now = (): number => this.nowMs
  advance(seconds: number): void {
    this.nowMs += seconds * 1000
  }
}

export type Answer = (order: ForwardOrder) => Response | Promise<Response>

/** An origin that counts what it is asked and answers as it is told to. */
export class ScriptedOrigin {
  readonly orders: ForwardOrder[] = []
  answer: Answer
  constructor(answer: Answer) {
    this.answer = answer
  }
  readonly forward = async (order: ForwardOrder): Promise<Response> => {
    this.orders.push(order)
    return this.answer(order)
  }
  get requests(): number {
    return this.orders.length
  }
  /** Until it has been asked so often. */
  async asked(requests: number): Promise<void> {
    while (this.requests < requests) await new Promise((resolve) => setTimeout(resolve))
  }
}

/** An answer that waits to be let go. */
export function held(): { readonly answer: Answer; readonly release: (response: () => Response) => void } {
  const gate = Promise.withResolvers<() => Response>()
  return { answer: async () => (await gate.promise)(), release: gate.resolve }
}

export const json = (body: string, fields: Record<string, string> = {}, status = 200): Response =>
  new Response(body, { status, headers: { 'content-type': 'application/json', ...fields } })

/** Stamps of a data centre with a single shelf. */
export class StampShelf implements StampStore {
  readonly stamps = { purged: new Map<string, Stamp>(), known: new Map<string, Stamp>() }
  readonly reads: string[] = []
  /** While it is set, nothing can be read in time. */
  isSlow = false
  async read(name: StampName, tag: string): Promise<StampRead> {
    this.reads.push(`${name}/${tag}`)
    if (this.isSlow) return { kind: 'unknown' }
    const stamp = this.stamps[name].get(tag)
    return stamp === undefined ? { kind: 'absent' } : { kind: 'found', stamp }
  }
  async write(name: StampName, tag: string, stamp: Stamp): Promise<boolean> {
    this.stamps[name].set(tag, stamp)
    return true
  }
  /** The zone's purge, as it reaches this data centre. */
  zonePurge(tag: string): void {
    this.stamps.known.delete(tag)
  }
}

/** One isolate: a cache of its own, a clock and whatever it shares with others. */
export class Isolate {
  readonly clock: Clock
  readonly cache: HttpCache
  readonly memory: MemoryStore
  readonly stamps: TagStamps
  readonly #work: Promise<unknown>[] = []

  constructor(
    options: Partial<HttpCacheOptions> & {
      clock?: Clock
      shelf?: StampStore
      missingMeansPurged?: boolean
    } = {},
  ) {
    const { clock = new Clock(), shelf, missingMeansPurged = false, ...rest } = options
    this.clock = clock
    this.memory = new MemoryStore({ bytesMax: 1_000_000, countMax: 100 })
    this.stamps = new TagStamps({
      now: clock.now,
      missingMeansPurged,
      ...(shelf !== undefined && { shared: shelf }),
    })
    this.cache = createHttpCache({
      rules: apiRules,
      memory: this.memory,
      stamps: this.stamps,
      now: clock.now,
      random: () => 0.5,
      ...rest,
    })
  }

  get(
    origin: ScriptedOrigin,
    {
      key = '/v1/items/1',
      method = 'GET',
      headers = {},
      ...rest
    }: Partial<CacheCall> & { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return this.cache.handle({
      request: new Request(`https://api.test${key}`, { method, headers }),
      key,
      forward: origin.forward,
      waitUntil: (work) => void this.#work.push(work),
      ...rest,
    })
  }

  /** Until all work in the background is done, that which it starts included. */
  async settle(): Promise<void> {
    while (this.#work.length > 0) await Promise.all(this.#work.splice(0))
  }
}

export const cacheStatus = (response: Response): string => response.headers.get('cache-status') ?? ''
