import { describe, expect, test } from 'vitest'
import type { HandOver } from './purge-api.ts'
import { type PurgeBacklog, PurgeQueue, type PurgeQueueOptions } from './purge-queue.ts'

/** Storage that outlives the queue, a clock, and a scripted API. */
class Bench {
  nowMs = 1_000_000
  readonly kept = new Map<string, number>()
  readonly calls: { readonly atMs: number; readonly tags: readonly string[] }[] = []
  readonly backlog: PurgeBacklog[] = []
  wakesAtMs = Number.POSITIVE_INFINITY
  answer: (tags: readonly string[]) => HandOver | Promise<HandOver> = () => ({ kind: 'accepted' })

  open(options: Partial<PurgeQueueOptions> = {}): PurgeQueue {
    return new PurgeQueue({
      storage: {
        load: () => [...this.kept],
        put: (tags, sinceMs) => {
          for (const tag of tags) this.kept.set(tag, sinceMs)
        },
        remove: (tags) => {
          for (const tag of tags) this.kept.delete(tag)
        },
        wakeAt: (atMs) => {
          this.wakesAtMs = atMs
        },
      },
      call: async (tags) => {
        this.calls.push({ atMs: this.nowMs, tags })
        return this.answer(tags)
      },
      now: () => this.nowMs,
      onBacklog: (backlog) => this.backlog.push(backlog),
      ...options,
    })
  }

  /** Wakes the queue whenever a wake-up is due. */
  async runUntil(queue: PurgeQueue, untilMs: number): Promise<void> {
    while (this.wakesAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.wakesAtMs)
      this.wakesAtMs = Number.POSITIVE_INFINITY
      await queue.run()
    }
    this.nowMs = untilMs
  }
}

const many = (count: number, resource = 'places') =>
  Array.from({ length: count }, (_, index) => `${resource}:${index}`)

describe('the queue of the zone', () => {
  test('purges at once, at most 100 tags a call, and each tag once', async () => {
    const bench = new Bench()
    const queue = bench.open()
    queue.add(many(230))
    queue.add(many(230))
    await bench.runUntil(queue, bench.nowMs + 10_000)
    expect(bench.calls.map(({ tags }) => tags.length)).toEqual([100, 100, 30])
    expect(bench.calls[0]?.atMs).toBe(1_000_000)
    expect([queue.waiting, bench.kept.size]).toEqual([0, 0])
  })

  test('makes no more calls than the plan allows: the bucket, then so many a second', async () => {
    const bench = new Bench()
    const queue = bench.open({ limit: { callsPerSecond: 5, bucket: 3 }, waitingMax: 10_000 })
    bench.nowMs += 60_000
    queue.add(many(1_000))
    await bench.runUntil(queue, bench.nowMs + 10_000)
    expect(bench.calls.map(({ atMs }) => atMs - 1_060_000)).toEqual([
      0, 0, 0, 200, 400, 600, 800, 1000, 1200, 1400,
    ])
  })

  test('keeps refused tags for as long as Retry-After says', async () => {
    const bench = new Bench()
    const queue = bench.open()
    bench.answer = () => ({ kind: 'refused', status: 429, retryAfterMs: 7_000 })
    queue.add(['a:1'])
    await queue.run()
    expect([bench.wakesAtMs, bench.kept.has('a:1')]).toEqual([1_007_000, true])
    bench.answer = () => ({ kind: 'accepted' })
    await bench.runUntil(queue, bench.nowMs + 10_000)
    expect([bench.calls.length, queue.waiting, bench.kept.size]).toEqual([2, 0, 0])
    expect(bench.backlog.map(({ failure, waiting, oldestMs }) => [failure, waiting, oldestMs])).toEqual([
      ['refused with 429', 1, 0],
      [undefined, 0, 0],
    ])
  })

  test('never drops a tag while the API is down, and backs off', async () => {
    const bench = new Bench()
    const queue = bench.open()
    bench.answer = () => ({ kind: 'unreachable' })
    queue.add(['a:1', 'b:1'])
    await bench.runUntil(queue, bench.nowMs + 3_600_000)
    expect([queue.waiting, bench.kept.size]).toEqual([2, 2])
    expect(bench.calls.length).toBeLessThan(140)
    expect(bench.backlog.at(-1)?.oldestMs).toBeGreaterThan(3_500_000)
  })

  test('resumes after its process ended in the middle of a call', async () => {
    const bench = new Bench()
    bench.answer = () => new Promise<HandOver>(() => {})
    const first = bench.open()
    first.add(['a:1'])
    void first.run()
    bench.answer = () => ({ kind: 'accepted' })
    bench.wakesAtMs = Number.POSITIVE_INFINITY
    const second = bench.open()
    await bench.runUntil(second, bench.nowMs + 1_000)
    expect([bench.calls.length, bench.kept.size]).toEqual([2, 0])
  })

  test('purges a tag again if it is added during a call that contains it', async () => {
    const bench = new Bench()
    const gate = Promise.withResolvers<HandOver>()
    bench.answer = () => gate.promise
    const queue = bench.open()
    queue.add(['a:1', 'b:1'])
    const run = queue.run()
    queue.add(['a:1', 'c:1'])
    gate.resolve({ kind: 'accepted' })
    await run
    await bench.runUntil(queue, bench.nowMs + 1_000)
    expect(bench.calls.map(({ tags }) => tags)).toEqual([
      ['a:1', 'b:1'],
      ['c:1', 'a:1'],
    ])
    expect(bench.kept.size).toBe(0)
  })

  test('a tag that the API rejects blocks no other', async () => {
    const bench = new Bench()
    bench.answer = (tags) =>
      tags.includes('a:7') ? { kind: 'refused', status: 400, retryAfterMs: 0 } : { kind: 'accepted' }
    const queue = bench.open()
    queue.add(many(40, 'a'))
    await bench.runUntil(queue, bench.nowMs + 30_000)
    expect([...bench.kept.keys()]).toEqual(['a:7'])
  })

  test('purges the busiest resource by its group tag when too many tags wait, and loses none', async () => {
    const bench = new Bench()
    const queue = bench.open({ waitingMax: 100 })
    queue.add([...many(90), ...many(20, 'trips')])
    expect([...bench.kept.keys()].slice(-1)).toEqual(['group/places'])
    expect(queue.waiting).toBe(21)
    await bench.runUntil(queue, bench.nowMs + 1_000)
    expect(bench.calls.flatMap(({ tags }) => tags)).toEqual([...many(20, 'trips'), 'group/places'])
  })
})
