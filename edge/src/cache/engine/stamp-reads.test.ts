import { describe, expect, test } from 'vitest'
import {
  Clock,
  Isolate,
  json,
  ScriptedOrigin,
  StampShelf,
} from '../../../test/cache/support/cache-fixture.ts'
import { MemoryStore } from '../store/memory-store.ts'

const tags = ['items:1', 'items:*']
const item = () => json('{}', { 'cdn-cache-control': 'max-age=60', 'cache-tag': tags.join(), etag: '"1"' })

/** Counts how often each stamp was read, in the data centre of one isolate. */
function counting(missingMeansPurged: boolean) {
  const shelf = new StampShelf()
  const clock = new Clock()
  const shared = new MemoryStore({ bytesMax: 1_000_000, countMax: 100 })
  const isolate = () => new Isolate({ clock, shelf, shared, missingMeansPurged })
  const reads = () => {
    const counts: Record<string, number> = {}
    for (const name of shelf.reads.splice(0)) counts[name] = (counts[name] ?? 0) + 1
    return counts
  }
  return { isolate, reads }
}

describe.each([false, true])('stamps are read (zone: %s)', (zone) => {
  const names = zone ? ['purged', 'known'] : ['purged']
  const each = (times: number) =>
    Object.fromEntries(tags.flatMap((tag) => names.map((name) => [`${name}/${tag}`, times])))

  test('twice for a cold miss: before asking the origin, and before sharing the answer', async () => {
    const { isolate, reads } = counting(zone)
    const one = isolate()
    await one.get(new ScriptedOrigin(item), { foreseenTags: tags })
    await one.settle()
    expect(reads()).toEqual(each(2))
  })

  test('once for an answer that another isolate fetched', async () => {
    const { isolate, reads } = counting(zone)
    const [one, other] = [isolate(), isolate()]
    await one.get(new ScriptedOrigin(item), { foreseenTags: tags })
    await one.settle()
    reads()
    const origin = new ScriptedOrigin(item)
    await other.get(origin, { foreseenTags: tags })
    expect([origin.requests, reads()]).toEqual([0, each(1)])
  })
})
