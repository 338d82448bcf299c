import type { CacheCall, ForwardOrder } from '../../../src/cache/engine/cache-call.ts'
import { createHttpCache } from '../../../src/cache/engine/engine.ts'
import type { HttpCache, HttpCacheOptions } from '../../../src/cache/engine/http-cache.ts'
import { apiRules } from '../../../src/cache/policy/rules.ts'
import type { Stamp, StampName, StampRead, StampStore } from '../../../src/cache/purge/stamp.ts'
import { TagStamps } from '../../../src/cache/purge/tag-stamps.ts'
import { MemoryStore } from '../../../src/cache/store/memory-store.ts'

/** A clock that moves only when told to. */
export class Clock {
  nowMs = Date.UTC(2026, 0, 1)
  readonly now = (): number => this.nowMs
  advance(seconds: number): void {
    this.nowMs += seconds * 1000
  }
}

export type Answer = (order: ForwardOrder) => Response | Promise<Response>

/** A scripted origin that counts its requests. */
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
  /** Resolves when it has received this many requests. */
  async asked(requests: number): Promise<void> {
    while (this.requests < requests) await new Promise((resolve) => setTimeout(resolve))
  }
}

/** An answer that waits for its release. */
export function held(): { readonly answer: Answer; readonly release: (response: () => Response) => void } {
  const gate = Promise.withResolvers<() => Response>()
  return { answer: async () => (await gate.promise)(), release: gate.resolve }
}

export const json = (body: string, fields: Record<string, string> = {}, status = 200): Response =>
  new Response(body, { status, headers: { 'content-type': 'application/json', ...fields } })

/** Stamps of a data centre with a single store. */
export class StampShelf implements StampStore {
  readonly stamps = { purged: new Map<string, Stamp>(), known: new Map<string, Stamp>() }
  readonly reads: string[] = []
  /** While set, every read times out. */
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
  /** Applies the zone's purge to this data centre. */
  zonePurge(tag: string): void {
    this.stamps.known.delete(tag)
  }
}

/** One isolate: its own cache and clock, and whatever it shares with others. */
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

  /** Resolves when all background work is done, including work that it starts. */
  async settle(): Promise<void> {
    while (this.#work.length > 0) await Promise.all(this.#work.splice(0))
  }
}

export const cacheStatus = (response: Response): string => response.headers.get('cache-status') ?? ''
