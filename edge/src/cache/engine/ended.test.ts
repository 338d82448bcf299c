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
import { apiRules, passThroughRules } from '../policy/rules.ts'
import { MemoryStore } from '../store/memory-store.ts'

const lifetimes = 'max-age=1, stale-while-revalidate=60, stale-if-error=600'
const good = (body = 'old') => json(body, { 'cache-control': lifetimes, 'cdn-cache-control': lifetimes })
const unstored = { 'cache-control': 'no-store', 'cdn-cache-control': 'no-store' }

function dataCentre(rules = apiRules) {
  const clock = new Clock()
  const shelf = new StampShelf()
  const shared = new MemoryStore({ bytesMax: 1_000_000, countMax: 100 })
  const isolate = () => new Isolate({ clock, shelf, shared, rules })
  return { clock, shared, a: isolate(), b: isolate() }
}

describe.each([
  ['API', apiRules],
  ['pass-through', passThroughRules],
])('an answer that may not be stored ends what is stored (%s)', (_, rules) => {
  test.each<[string, () => Response]>([
    ['404', () => json('gone', unstored, 404)],
    ['410', () => json('gone', unstored, 410)],
    ['200, private', () => json('new', { 'cache-control': 'private', 'cdn-cache-control': 'private' })],
    ['200, no-store', () => json('new', unstored)],
    [
      '200, too large',
      () => json('x'.repeat(200), { 'cache-control': lifetimes, 'cdn-cache-control': lifetimes }),
    ],
  ])('%s: after a refresh in the background, for every isolate that asks', async (_name, answer) => {
    const { clock, a, b } = dataCentre(rules)
    const small = new Isolate({ clock, rules, bodyBytesMax: 100 })
    for (const isolate of [a, small]) {
      const origin = new ScriptedOrigin(() => good())
      await isolate.get(origin)
      await isolate.settle()
      clock.advance(5)
      origin.answer = isolate === small || _name !== '200, too large' ? answer : () => json('x', unstored)
      expect(cacheStatus(await isolate.get(origin))).toContain('stale-while-revalidate')
      await isolate.settle()
      const after = await isolate.get(origin)
      expect(await after.text()).not.toBe('old')
      // No stored answer is left to stand in for an error.
      origin.answer = () => Promise.reject(new Error('down'))
      await expect(isolate.get(origin)).rejects.toThrow('down')
    }
    const origin = new ScriptedOrigin(() => Promise.reject(new Error('down')))
    await expect(b.get(origin)).rejects.toThrow('down')
  })

  test('after a foreground fetch, the ended answer does not stand in for an error', async () => {
    const { clock, a, b } = dataCentre(rules)
    const origin = new ScriptedOrigin(() => good())
    await a.get(origin)
    await a.settle()
    clock.advance(100)
    origin.answer = () => json('gone', unstored, 404)
    expect((await a.get(origin)).status).toBe(404)
    await a.settle()
    origin.answer = () => Promise.reject(new Error('down'))
    await expect(a.get(origin)).rejects.toThrow('down')
    await expect(b.get(origin)).rejects.toThrow('down')
  })

  test.each([500, 503, 400, 429])('%i ends nothing', async (status) => {
    const { clock, a } = dataCentre(rules)
    const origin = new ScriptedOrigin(() => good())
    await a.get(origin)
    clock.advance(5)
    origin.answer = () => json('no', unstored, status)
    await a.get(origin)
    await a.settle()
    expect(await (await a.get(origin)).text()).toBe('old')
  })

  test('a fetch that began before the end does not bring the old one back', async () => {
    const { clock, a } = dataCentre(rules)
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const slow = a.get(origin)
    await origin.asked(1)
    clock.advance(1)
    origin.answer = () => json('gone', unstored, 404)
    // A reader with a later write of its own does not wait for the slow one.
    expect((await a.get(origin, { notBeforeMs: clock.now() - 1 })).status).toBe(404)
    gate.release(() => good())
    expect(await (await slow).text()).toBe('old')
    await a.settle()
    expect((await a.get(origin)).status).toBe(404)
  })

  test('a 304 that makes the answer private ends it, too', async () => {
    const { clock, a } = dataCentre(rules)
    const fields = { 'cache-control': lifetimes, 'cdn-cache-control': lifetimes, etag: '"e"' }
    const origin = new ScriptedOrigin(() => json('old', fields))
    await a.get(origin)
    clock.advance(5)
    const control = { 'cache-control': 'private', 'cdn-cache-control': 'private', etag: '"e"' }
    origin.answer = () => new Response(null, { status: 304, headers: control })
    await a.get(origin)
    await a.settle()
    origin.answer = () => Promise.reject(new Error('down'))
    await expect(a.get(origin)).rejects.toThrow('down')
  })
})

test('an answer to a request with credentials does not end the shared one (RFC 9111 §3.5)', async () => {
  const { clock, a } = dataCentre(passThroughRules)
  const origin = new ScriptedOrigin(() => good())
  await a.get(origin)
  clock.advance(100)
  origin.answer = () => json('mine', { 'cache-control': 'max-age=60' })
  expect(await (await a.get(origin, { headers: { authorization: 'x' } })).text()).toBe('mine')
  origin.answer = () => json('busy', {}, 503)
  expect(await (await a.get(origin)).text()).toBe('old')
})

test('stores the next storable answer again', async () => {
  const { clock, a, b } = dataCentre()
  const origin = new ScriptedOrigin(() => good())
  await a.get(origin)
  clock.advance(100)
  origin.answer = () => json('gone', unstored, 404)
  await a.get(origin)
  await a.settle()
  clock.advance(1)
  origin.answer = () => good('new')
  await a.get(origin)
  await a.settle()
  expect(cacheStatus(await a.get(origin))).toContain('hit')
  expect(cacheStatus(await b.get(origin))).toContain('hit')
})
