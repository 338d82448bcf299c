import { describe, expect, test } from 'vitest'
import { Clock, StampShelf } from '../../../test/cache/support/cache-fixture.ts'
import { TagStamps } from './tag-stamps.ts'

describe('stamps', () => {
  test('condemn what was asked for at or before them, under the same tag', async () => {
    const clock = new Clock()
    const stamps = new TagStamps({ now: clock.now })
    const stampMs = clock.now()
    await stamps.stamp(['a'])
    expect(stamps.isGone(['x', 'a'], stampMs)).toBe(true)
    expect(stamps.isGone(['a'], stampMs + 1)).toBe(false)
    expect(stamps.isGone(['b'], stampMs)).toBe(false)
  })

  test('a forgotten stamp still keeps out whatever began before it', async () => {
    const clock = new Clock()
    const stamps = new TagStamps({ now: clock.now, tagsMax: 1 })
    const stampMs = clock.now()
    await stamps.stamp(['a'])
    await stamps.stamp(['b'])
    expect(stamps.mayStore(['a'], stampMs)).toBe(false)
    expect(stamps.mayStore(['a'], stampMs + 1)).toBe(true)
    expect(stamps.isGone(['c'], stampMs)).toBe(false)
  })

  test('are due for a check only where others could have stamped', () => {
    const clock = new Clock()
    const alone = new TagStamps({ now: clock.now })
    const together = new TagStamps({ now: clock.now, shared: new StampShelf() })
    const nowMs = clock.now()
    expect(alone.isDue(nowMs - 1e6, nowMs)).toBe(false)
    expect(together.isDue(nowMs - 999, nowMs)).toBe(false)
    expect(together.isDue(nowMs - 1000, nowMs)).toBe(true)
  })

  test("learns others' stamps, and reads each tag once in the interval", async () => {
    const clock = new Clock()
    const shelf = new StampShelf()
    let reads = 0
    const counting = {
      read: (tag: string) => {
        reads++
        return shelf.read(tag)
      },
      write: (tag: string, stampMs: number) => shelf.write(tag, stampMs),
    }
    const stamps = new TagStamps({ now: clock.now, shared: counting })
    await stamps.check(['a', 'b'])
    await stamps.check(['a', 'b'])
    expect(reads).toBe(2)
    const requestedAtMs = clock.now()
    await shelf.write('a', requestedAtMs)
    clock.advance(1)
    await stamps.check(['a', 'b'])
    expect([reads, stamps.isGone(['a'], requestedAtMs)]).toEqual([4, true])
  })

  test('a read that was under way during a purge does not undo it', async () => {
    const clock = new Clock()
    const gate = Promise.withResolvers<undefined>()
    const shared = { read: () => gate.promise, write: async () => {} }
    const stamps = new TagStamps({ now: clock.now, shared })
    const check = stamps.check(['a'])
    clock.advance(1)
    await stamps.stamp(['a'])
    gate.resolve(undefined)
    await check
    expect(stamps.isGone(['a'], clock.now())).toBe(true)
  })
})

describe('with the purge of the zone', () => {
  test('a stamp is left for what is stored, and its absence later means purged', async () => {
    const clock = new Clock()
    const shelf = new StampShelf()
    const stamps = new TagStamps({ now: clock.now, shared: shelf, missingMeansPurged: true })
    const requestedAtMs = clock.now()
    await stamps.adopt(['a'], requestedAtMs)
    expect(stamps.isGone(['a'], requestedAtMs)).toBe(false)
    clock.advance(2)
    await stamps.check(['a'])
    expect(stamps.isGone(['a'], requestedAtMs)).toBe(false)
    shelf.stamps.clear()
    clock.advance(2)
    await stamps.check(['a'])
    expect(stamps.isGone(['a'], requestedAtMs)).toBe(true)
    expect(shelf.stamps.get('a')).toBe(clock.now())
  })
})
