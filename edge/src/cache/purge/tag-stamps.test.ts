import { describe, expect, test } from 'vitest'
import { Clock, StampShelf } from '../../../test/cache/support/cache-fixture.ts'
import type { StampStore } from './stamp.ts'
import { allowanceMs, TagStamps } from './tag-stamps.ts'

/** The entry that a fill would store, asked for at this moment. */
const asked = (stamps: TagStamps, clock: Clock, tags: readonly string[]) => {
  const { turn } = stamps
  const requestedAtMs = clock.now()
  return () => ({ tags, requestedAtMs, stampIds: stamps.ids(tags, turn) })
}

describe('stamps', () => {
  test('condemn answers requested before them under the same tag', async () => {
    const clock = new Clock()
    const stamps = new TagStamps({ now: clock.now })
    const [ofA, ofB] = [asked(stamps, clock, ['x', 'a']), asked(stamps, clock, ['b'])]
    await stamps.stamp(['a'])
    expect([stamps.isGone(ofA()), stamps.isGone(ofB())]).toEqual([true, false])
  })

  test('spare answers requested after them, even if the clock stands still', async () => {
    const clock = new Clock()
    const stamps = new TagStamps({ now: clock.now })
    await stamps.stamp(['a'])
    expect(stamps.mayStore(asked(stamps, clock, ['a'])())).toBe(true)
  })

  test('without ids, time decides, with an allowance for clock skew', async () => {
    const clock = new Clock()
    const stamps = new TagStamps({ now: clock.now })
    await stamps.stamp(['a'])
    const at = (ms: number) => ({ tags: ['a'], requestedAtMs: clock.now() + ms })
    expect(stamps.isGone(at(allowanceMs))).toBe(true)
    expect(stamps.isGone(at(allowanceMs + 1))).toBe(false)
  })

  test('an evicted stamp still blocks fetches that began before it', async () => {
    const clock = new Clock()
    const stamps = new TagStamps({ now: clock.now, tagsMax: 1 })
    const before = asked(stamps, clock, ['a'])
    await stamps.stamp(['a'])
    await stamps.stamp(['b'])
    expect(stamps.mayStore(before())).toBe(false)
    expect(stamps.mayStore(asked(stamps, clock, ['a'])())).toBe(true)
  })

  test('are rechecked only if other isolates can purge', () => {
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
    const [here, there] = [0, 1].map(() => new TagStamps({ now: clock.now, shared: shelf })) as [
      TagStamps,
      TagStamps,
    ]
    await here.check(['a', 'b'])
    await here.check(['a', 'b'])
    expect(shelf.reads).toEqual(['purged/a', 'purged/b'])
    const answer = asked(here, clock, ['a'])()
    await there.stamp(['a'])
    clock.advance(1)
    await here.check(['a', 'b'])
    expect([shelf.reads.length, here.isGone(answer)]).toEqual([4, true])
  })

  test('a stamp from a clock that is behind still condemns', async () => {
    const shelf = new StampShelf()
    const [ahead, behind] = [new Clock(), new Clock()]
    behind.advance(-0.02)
    const here = new TagStamps({ now: ahead.now, shared: shelf })
    await here.foresee(['a'])
    const answer = asked(here, ahead, ['a'])()
    await new TagStamps({ now: behind.now, shared: shelf }).stamp(['a'])
    await here.check(['a'], 0)
    expect(here.isGone(answer)).toBe(true)
  })

  test('a read in flight during a purge does not undo it', async () => {
    const clock = new Clock()
    const gate = Promise.withResolvers<{ readonly kind: 'absent' }>()
    const shared: StampStore = { read: () => gate.promise, write: async () => true }
    const stamps = new TagStamps({ now: clock.now, shared })
    const answer = asked(stamps, clock, ['a'])()
    const check = stamps.check(['a'])
    await stamps.stamp(['a'])
    gate.resolve({ kind: 'absent' })
    await check
    expect(stamps.isGone(answer)).toBe(true)
  })

  test('a purge whose stamp was lost still applies in this isolate', async () => {
    const clock = new Clock()
    const shelf = new StampShelf()
    const stamps = new TagStamps({ now: clock.now, shared: shelf })
    await stamps.foresee(['a'])
    const answer = asked(stamps, clock, ['a'])()
    await stamps.stamp(['a'])
    shelf.stamps.purged.clear()
    await stamps.check(['a'], 0)
    expect(stamps.isGone(answer)).toBe(true)
  })

  test.each([false, true])('an unknown stamp is neither gone nor written (zone: %s)', async (zone) => {
    const clock = new Clock()
    const shelf = new StampShelf()
    const stamps = new TagStamps({ now: clock.now, shared: shelf, missingMeansPurged: zone })
    await stamps.foresee(['a'])
    const answer = asked(stamps, clock, ['a'])()
    const before = JSON.stringify([...shelf.stamps.known, ...shelf.stamps.purged])
    shelf.isSlow = true
    clock.advance(2)
    expect(await stamps.check(['a'])).toBe(false)
    await stamps.foresee(['a', 'b'])
    expect(stamps.isGone(answer)).toBe(false)
    expect(JSON.stringify([...shelf.stamps.known, ...shelf.stamps.purged])).toBe(before)
  })
})

describe('with the purge of the zone', () => {
  const open = () => {
    const clock = new Clock()
    const shelf = new StampShelf()
    const isolate = () => new TagStamps({ now: clock.now, shared: shelf, missingMeansPurged: true })
    return { clock, shelf, isolate }
  }

  test('writes a stamp before asking the origin; its later absence means purged', async () => {
    const { clock, shelf, isolate } = open()
    const stamps = isolate()
    await stamps.foresee(['a'])
    expect([...shelf.stamps.known.keys()]).toEqual(['a'])
    const answer = asked(stamps, clock, ['a'])()
    clock.advance(2)
    await stamps.check(['a'])
    expect(stamps.isGone(answer)).toBe(false)
    shelf.zonePurge('a')
    clock.advance(2)
    await stamps.check(['a'])
    expect(stamps.isGone(answer)).toBe(true)
  })

  test('several fills in one isolate write one stamp, and can all be stored', async () => {
    const { clock, isolate } = open()
    const stamps = isolate()
    await Promise.all([stamps.foresee(['a']), stamps.foresee(['a'])])
    const answers = [asked(stamps, clock, ['a'])(), asked(stamps, clock, ['a'])()]
    await stamps.check(['a'], 0)
    expect(answers.map((answer) => stamps.mayStore(answer))).toEqual([true, true])
  })

  test('an answer stored by one isolate is valid in another at once', async () => {
    const { clock, isolate } = open()
    const [here, there] = [isolate(), isolate()]
    await here.foresee(['a'])
    const answer = asked(here, clock, ['a'])()
    await there.check(['a'])
    expect(there.isGone(answer)).toBe(false)
  })

  test('a stamp written again does not revive older answers', async () => {
    const { clock, shelf, isolate } = open()
    const [here, there] = [isolate(), isolate()]
    await here.foresee(['a'])
    const old = asked(here, clock, ['a'])()
    shelf.zonePurge('a')
    await there.foresee(['a'])
    await here.check(['a'], 0)
    expect(here.mayStore(old)).toBe(false)
  })

  test('a fill does not overwrite a concurrent purge', async () => {
    const { clock, shelf, isolate } = open()
    const [here, there] = [isolate(), isolate()]
    const gate = Promise.withResolvers<void>()
    const late: StampStore = {
      read: (name, tag) => shelf.read(name, tag),
      write: async (...stamp) => {
        await gate.promise
        return shelf.write(...stamp)
      },
    }
    const slow = new TagStamps({ now: clock.now, shared: late, missingMeansPurged: true })
    await here.foresee(['a'])
    const old = asked(here, clock, ['a'])()
    shelf.zonePurge('a')
    const marking = slow.foresee(['a'])
    await there.stamp(['a'])
    gate.resolve()
    await marking
    await here.check(['a'], 0)
    expect(here.mayStore(old)).toBe(false)
  })
})
