import { type Priority, priorities } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import type { BatchItem } from './batch-item.ts'
import { Batcher, type BatcherOptions } from './batcher.ts'

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

const shares = { critical: 1, normal: 0.5, background: 0.25 }

/** A lane whose batches take what the test says, by a clock that it advances. */
function setUp(options: Partial<BatcherOptions<string, string>> = {}) {
  const flights: { batch: readonly BatchItem<string, string>[]; land: () => Promise<void> }[] = []
  let now = 0
  const lane = new Batcher<string, string>({
    ...{ itemsMax: 2, bytesMax: 1_000, inflightMax: 1, overlapItems: 100, patienceMs: 0, waitingMax: 100 },
    ...{ equalKeys: 'join', onActive: () => {}, after: () => {}, atTurnEnd: (run) => run(), now: () => now },
    refused: (reason) => reason,
    overtaken: (_, reason) => reason,
    execute: (batch) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const land = async () => {
        for (const item of batch) item.settle('done')
        resolve()
        await settled()
      }
      flights.push({ batch, land })
      return promise
    },
    ...options,
  })
  const submit = (key: string, priority: Priority, deadline = 100_000) =>
    lane.submit({ key, value: key, bytes: 1 }, { deadline, priority })
  const departed = () => flights.map(({ batch }) => batch.map(({ value }) => value).join(' '))
  const landNext = async (afterMs = 0) => {
    now += afterMs
    await flights.at(-1)?.land()
  }
  /** Batches have taken this long so far. */
  const learn = async (batchMs: number) => {
    for (let round = 0; round < 20; round += 1) {
      void submit('past', 'normal')
      await landNext(batchMs)
    }
    flights.length = 0
  }
  const advance = (timeMs: number) => {
    now += timeMs
    lane.tick()
  }
  return { lane, submit, departed, landNext, learn, advance, time: () => now, flights }
}

describe('a lane with priorities', () => {
  it('sends critical items first, then normal ones, and each priority in order of arrival', async () => {
    const { submit, departed, landNext } = setUp()
    void submit('first', 'background')
    const keys = ['b1', 'n1', 'c1', 'b2', 'n2', 'c2', 'c3']
    const byLetter = { b: 'background', n: 'normal', c: 'critical' } as const
    // The cast is safe: each key begins with one of the letters.
    for (const key of keys) void submit(key, byLetter[key[0] as keyof typeof byLetter])
    for (let batch = 0; batch < 4; batch += 1) await landNext()
    expect(departed()).toEqual(['first', 'c1 c2', 'c3 n1', 'n2 b1', 'b2'])
  })

  it('lets a shared item go as early as its most important caller', async () => {
    const { submit, departed, landNext } = setUp({ itemsMax: 1 })
    void submit('first', 'normal')
    void submit('early', 'normal')
    void submit('shared', 'background')
    void submit('shared', 'critical')
    for (let batch = 0; batch < 2; batch += 1) await landNext()
    expect(departed()).toEqual(['first', 'shared', 'early'])
  })

  it('keeps the order of the writes to one document, and lets none hold up a more important one', async () => {
    const { lane, departed, landNext } = setUp({ equalKeys: 'queue', itemsMax: 1 })
    const write = (key: string, value: string, priority: Priority) =>
      void lane.submit({ key, value, bytes: 1 }, { deadline: 100_000, priority })
    write('x', 'in flight', 'normal')
    write('a', 'a of background', 'background')
    write('b', 'b of normal', 'normal')
    write('a', 'a of normal', 'normal')
    write('a', 'a of critical', 'critical')
    for (let batch = 0; batch < 4; batch += 1) await landNext()
    expect(departed()).toEqual([
      'in flight',
      'a of background',
      'a of normal',
      'a of critical',
      'b of normal',
    ])
  })

  it('measures its patience by the longest wait, whatever its priority', () => {
    const { submit, departed, advance } = setUp({ inflightMax: 2, patienceMs: 50 })
    void submit('first', 'normal')
    void submit('old', 'background')
    advance(40)
    void submit('new', 'critical')
    advance(10)
    expect(departed()).toEqual(['first', 'new old'])
  })

  it('refuses an item that would be late at once, unless it joins one or the lane has room', async () => {
    const { lane, submit, departed, landNext, learn, time } = setUp({ itemsMax: 1, expectedShareMax: shares })
    await learn(200)
    const inTime = time() + 800
    void submit('a', 'normal', inTime)
    void submit('b', 'normal', inTime)
    expect(await submit('c', 'normal', inTime)).toBe('crowded')
    expect(await submit('c', 'background', inTime + 1_000)).toBe('crowded')
    void submit('b', 'normal', inTime)
    void submit('c', 'normal', inTime + 1_000)
    expect(lane.counts.refused.crowded).toBe(2)
    for (let batch = 0; batch < 3; batch += 1) await landNext()
    void submit('d', 'normal', time() + 10)
    expect(departed()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('counts for a refusal only those that go before', async () => {
    const { submit, learn, time, landNext } = setUp({ itemsMax: 1, expectedShareMax: shares })
    await learn(100)
    void submit('in flight', 'normal')
    for (let item = 0; item < 50; item += 1) void submit(`normal ${item}`, 'normal')
    expect(await submit('normal', 'normal', time() + 800)).toBe('crowded')
    const critical = submit('critical', 'critical', time() + 800)
    await landNext()
    await landNext()
    expect(await critical).toBe('done')
  })

  it('leaves places to more important callers when many wait', async () => {
    const { submit } = setUp({ waitingMax: 10 })
    void submit('in flight', 'normal')
    for (let item = 0; item < 7; item += 1) void submit(`background ${item}`, 'background')
    expect(await submit('late', 'background')).toBe('busy')
    void submit('normal 1', 'normal')
    void submit('normal 2', 'normal')
    expect(await submit('late', 'normal')).toBe('busy')
    void submit('critical', 'critical')
    expect(await submit('late', 'critical')).toBe('busy')
  })

  /** Serves one item in 10 ms, is asked for this many of each priority in 100 ms, and gives each a second. */
  async function crowd(
    asked: Readonly<Record<Priority, number>>,
    lanes: Partial<BatcherOptions<string, string>>,
  ) {
    const { submit, flights, advance, time } = setUp({ itemsMax: 1, waitingMax: 1_000, ...lanes })
    const served: Record<Priority, number> = { critical: 0, normal: 0, background: 0 }
    const lost: Record<Priority, number> = { critical: 0, normal: 0, background: 0 }
    let key = 0
    for (let turn = 0; turn < 1_000; turn += 1) {
      for (const priority of turn % 10 === 0 ? priorities.toReversed() : []) {
        for (let item = 0; item < asked[priority]; item += 1) {
          key += 1
          void submit(String(key), priority, time() + 1_000).then((outcome) => {
            if (outcome === 'done') served[priority] += 1
            else lost[priority] += 1
          })
        }
      }
      advance(10)
      await flights.at(-1)?.land()
    }
    return { served, lost }
  }

  it('refuses no critical item for less important ones, however many', async () => {
    const { served, lost } = await crowd(
      { critical: 3, normal: 30, background: 30 },
      { expectedShareMax: shares },
    )
    expect(lost.critical).toBe(0)
    expect(served.critical).toBe(300)
    expect(served.normal).toBeGreaterThan(600)
    expect(served.background).toBeLessThan(20)
  })

  it('serves nothing less important while it refuses critical items', async () => {
    const { served, lost } = await crowd(
      { critical: 20, normal: 5, background: 5 },
      { expectedShareMax: shares },
    )
    expect(lost.critical).toBeGreaterThan(500)
    expect(served.normal + served.background).toBeLessThan(10)
    expect(served.critical).toBeGreaterThan(900)
  })

  it('counts the wait for room, shared with other lanes, as time of a batch', async () => {
    let hasRoom = false
    const { lane, submit, departed, flights, advance } = setUp({
      itemsMax: 1,
      hasRoom: () => hasRoom,
      expectedShareMax: shares,
    })
    for (let round = 0; round < 20; round += 1) {
      void submit('past', 'normal')
      advance(100)
      hasRoom = true
      lane.offer()
      hasRoom = false
      await flights.at(-1)?.land()
    }
    flights.length = 0
    // Nothing is in flight, and each batch waits for 100 ms: a fourth item would take 450 ms.
    const outcomes = ['a', 'b', 'c', 'd'].map((key) => submit(key, 'normal', 20 * 100 + 800))
    expect(await Promise.race([outcomes[3], 'waits'])).toBe('crowded')
    expect(await Promise.race([outcomes[2], 'waits'])).toBe('waits')
    expect(departed()).toEqual([])
  })
})
