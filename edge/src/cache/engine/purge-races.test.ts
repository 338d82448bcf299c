import { describe, expect, test } from 'vitest'
import {
  Clock,
  cacheStatus,
  held,
  Isolate,
  json,
  ScriptedOrigin,
  StampShelf,
} from '../../../test/cache/support/cache-fixture.ts'
import { MemoryStore } from '../store/memory-store.ts'

const item = (body: string, lifetimes = 'max-age=60, stale-while-revalidate=300, stale-if-error=3600') =>
  json(body, { 'cdn-cache-control': lifetimes, 'cache-tag': 'items:1', etag: `"${body}"` })
const foreseen = { foreseenTags: ['items:1'] }

/** A data centre: isolates that share a store and stamps. */
function dataCentre(clock: Clock, missingMeansPurged: boolean) {
  const shelf = new StampShelf()
  const shared = new MemoryStore({ bytesMax: 1_000_000, countMax: 100 })
  const isolate = () => new Isolate({ clock, shelf, shared, missingMeansPurged })
  return { shelf, isolate }
}

const bodyOf = async (isolate: Isolate, origin: ScriptedOrigin) =>
  (await isolate.get(origin, foreseen)).text()

describe.each([
  ['foreseen', foreseen],
  ['not foreseen', {}],
])('a fill that overlaps a purge is never stored as valid; tags %s', (_, tags) => {
  /** Begins a fill that will return the state before the write. */
  async function beginFill(isolate: Isolate) {
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const answer = isolate.get(origin, tags)
    await origin.asked(1)
    return async () => {
      gate.release(() => item('old'))
      await answer
      await isolate.settle()
    }
  }

  async function expectNew(clock: Clock, ...isolates: Isolate[]) {
    clock.advance(40)
    const origin = new ScriptedOrigin(() => item('new'))
    for (const isolate of isolates) {
      expect(await bodyOf(isolate, origin)).toBe('new')
      await isolate.settle()
    }
  }

  test('another data centre is purged by the zone while it fetches', async () => {
    const clock = new Clock()
    const there = dataCentre(clock, true)
    const [reader, other] = [there.isolate(), there.isolate()]
    const endFill = await beginFill(reader)
    clock.advance(0.05)
    there.shelf.zonePurge('items:1')
    clock.advance(0.05)
    await endFill()
    await expectNew(clock, reader, other)
  })

  test.each([true, false])('another isolate of the writer’s data centre fetches (zone: %s)', async (zone) => {
    const clock = new Clock()
    const here = dataCentre(clock, zone)
    const [writer, reader, third] = [here.isolate(), here.isolate(), here.isolate()]
    const endFill = await beginFill(reader)
    clock.advance(0.05)
    await writer.cache.purge(['items:1'])
    if (zone) here.shelf.zonePurge('items:1')
    clock.advance(0.05)
    await endFill()
    await expectNew(clock, reader, third)
  })

  test.each([true, false])(
    'a purge lands between a fill’s look-up of a stamp and its end (zone: %s)',
    async (zone) => {
      const clock = new Clock()
      const here = dataCentre(clock, zone)
      const [writer, reader, third] = [here.isolate(), here.isolate(), here.isolate()]
      const gate = Promise.withResolvers<void>()
      const read = here.shelf.read.bind(here.shelf)
      let reads = 0
      const endFill = await beginFill(reader)
      here.shelf.read = async (name, tag) => {
        const found = await read(name, tag)
        reads += 1
        await gate.promise
        return found
      }
      const ended = endFill()
      while (reads === 0) await new Promise((resolve) => setTimeout(resolve))
      here.shelf.read = read
      await writer.cache.purge(['items:1'])
      gate.resolve()
      await ended
      await expectNew(clock, third, reader)
    },
  )
})

test.each([true, false])('a slow look-up drops no stored answer (zone: %s)', async (zone) => {
  const clock = new Clock()
  const { shelf, isolate } = dataCentre(clock, zone)
  const [a, b] = [isolate(), isolate()]
  const origin = new ScriptedOrigin(() => item('one'))
  await a.get(origin, foreseen)
  await a.settle()
  await b.get(origin, foreseen)
  clock.advance(2)
  shelf.isSlow = true
  expect(cacheStatus(await a.get(origin, foreseen))).toContain('hit')
  shelf.isSlow = false
  clock.advance(2)
  expect(cacheStatus(await b.get(origin, foreseen))).toContain('hit')
  expect(origin.requests).toBe(1)
})

test('an answer filled while stamps were unreadable is kept in memory but not shared', async () => {
  const clock = new Clock()
  const { shelf, isolate } = dataCentre(clock, true)
  const [a, b] = [isolate(), isolate()]
  const origin = new ScriptedOrigin(() => item('one'))
  shelf.isSlow = true
  await a.get(origin, foreseen)
  await a.settle()
  expect(cacheStatus(await a.get(origin, foreseen))).toContain('hit')
  await b.get(origin, foreseen)
  expect(origin.requests).toBe(2)
})

describe('a purge is soft', () => {
  const filled = async (lifetimes?: string) => {
    const clock = new Clock()
    const { isolate } = dataCentre(clock, false)
    const [writer, other] = [isolate(), isolate()]
    const origin = new ScriptedOrigin(() => item('old', lifetimes))
    for (const each of [writer, other]) {
      await each.get(origin, foreseen)
      await each.settle()
    }
    clock.advance(1)
    const writtenAtMs = clock.now()
    await writer.cache.purge(['items:1'])
    clock.advance(1)
    return { clock, writer, other, writtenAtMs }
  }
  const down = () => new ScriptedOrigin(() => Promise.reject(new Error('down')))

  test('a purged answer is never fresh or served during validation: the next read gets the new one', async () => {
    const { writer, other } = await filled()
    const origin = new ScriptedOrigin(() => item('new'))
    expect([await bodyOf(writer, origin), await bodyOf(other, origin)]).toEqual(['new', 'new'])
  })

  test('the validators of a purged answer still work', async () => {
    const { writer } = await filled()
    const origin = new ScriptedOrigin(({ validators }) => {
      expect(validators).toEqual([['if-none-match', '"old"']])
      return new Response(null, {
        status: 304,
        headers: { etag: '"old"', 'cache-tag': 'items:1', 'cdn-cache-control': 'max-age=60' },
      })
    })
    expect(await bodyOf(writer, origin)).toBe('old')
    expect(cacheStatus(await writer.get(origin, foreseen))).toContain('hit')
  })

  test('a purged answer stands in for an error within its window, in all isolates', async () => {
    const { clock, writer, other } = await filled()
    for (const each of [writer, other]) {
      const answer = await each.get(down(), foreseen)
      expect([await answer.text(), cacheStatus(answer)]).toEqual([
        'old',
        expect.stringContaining('stale-if-error'),
      ])
    }
    clock.advance(60 + 3_600)
    await expect(writer.get(down(), foreseen)).rejects.toThrow('down')
  })

  test('it is not fresh again where the clock is set back', async () => {
    const clock = new Clock()
    const isolate = new Isolate({ clock })
    await bodyOf(isolate, new ScriptedOrigin(() => item('old')))
    clock.advance(-4)
    await isolate.cache.purge(['items:1'])
    expect(await bodyOf(isolate, new ScriptedOrigin(() => item('new')))).toBe('new')
  })

  test('what another isolate asked for by a clock that was ahead is not taken', async () => {
    const clock = new Clock()
    const { isolate } = dataCentre(clock, false)
    const [ahead, other] = [isolate(), isolate()]
    clock.advance(3_600)
    await bodyOf(ahead, new ScriptedOrigin(() => item('old')))
    await ahead.settle()
    clock.advance(-3_600)
    expect(await bodyOf(other, new ScriptedOrigin(() => item('new')))).toBe('new')
  })

  test('a purged answer without stale-if-error does not stand in', async () => {
    const { writer, other } = await filled('max-age=60, stale-while-revalidate=300')
    await expect(writer.get(down(), foreseen)).rejects.toThrow('down')
    await expect(other.get(down(), foreseen)).rejects.toThrow('down')
  })

  test('a purged answer does not stand in for a caller that wrote since', async () => {
    const { writer, other, writtenAtMs } = await filled()
    for (const each of [writer, other]) {
      const call = { ...foreseen, notBeforeMs: writtenAtMs }
      await expect(each.get(down(), call)).rejects.toThrow('down')
    }
  })
})

test('readers of what is purged during each fetch wait for two of them, and none fetches for itself', async () => {
  const clock = new Clock()
  const isolate = new Isolate({ clock })
  const gates = Array.from({ length: 9 }, () => held())
  let asked = 0
  const origin = new ScriptedOrigin((order) => (gates[asked++] as (typeof gates)[number]).answer(order))
  const first = isolate.get(origin, foreseen)
  await origin.asked(1)
  clock.advance(0.01)
  const waiting = Array.from({ length: 20 }, () => isolate.get(origin, foreseen))
  for (const [index, body] of ['old', 'new'].entries()) {
    clock.advance(0.01)
    await isolate.cache.purge(['items:1'])
    clock.advance(0.01)
    gates[index]?.release(() => item(body))
    if (index === 0) await origin.asked(2)
  }
  expect(await (await first).text()).toBe('old')
  // Their answer is of a fetch that began after they came, as one of their own would have been.
  for (const answer of await Promise.all(waiting)) expect(await answer.text()).toBe('new')
  expect(origin.requests).toBe(2)
  // It is not stored.
  gates[2]?.release(() => item('newest'))
  expect(await bodyOf(isolate, origin)).toBe('newest')
})
