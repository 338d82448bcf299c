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
import { passThroughRules } from '../policy/rules.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { encodeRecord } from '../store/record-codec.ts'
import type { StoredRecord } from '../store/stored-record.ts'

/** The data centre's store, recording the bytes of every record ever put. */
class Shelf extends MemoryStore {
  readonly written: string[] = []
  constructor() {
    super({ bytesMax: 1_000_000, countMax: 100 })
  }
  override put(key: string, record: StoredRecord): void {
    this.written.push(new TextDecoder().decode(encodeRecord(record)))
    super.put(key, record)
  }
}

const key = '/v1/items/1'
const request = () => new Request(`https://api.test${key}`)

/** Isolates of one data centre, and the text of every record in its store or in a memory. */
function dataCentre() {
  const clock = new Clock()
  const shelf = new StampShelf()
  const shared = new Shelf()
  const isolate = () =>
    new Isolate({
      clock,
      shelf,
      shared,
      rules: passThroughRules,
      keyOfUrl: (url) => url.pathname + url.search,
    })
  const [a, b] = [isolate(), isolate()]
  const stored = () => {
    const records = [a, b].map(({ memory }) => memory.get(key)).filter((record) => record !== undefined)
    return [...shared.written, ...records.map((record) => JSON.stringify(record))].join('\n')
  }
  return { a, b, clock, stored }
}

const cookieOf = (response: Response | undefined) => response?.headers.get('set-cookie')

describe.each([
  ['private="set-cookie"', 'set-cookie', ''],
  ['no-cache="Set-Cookie"', 'set-cookie', ''],
  ['private="set-cookie", no-cache="x-user"', 'set-cookie', 'x-user'],
])('fields named by %s (RFC 9111 §5.2.2.4, §5.2.2.7)', (directive, ...names) => {
  const ofUser = (user: string, fields: Record<string, string> = {}) =>
    json(`page`, {
      'cache-control': `max-age=60, ${directive}`,
      etag: '"e"',
      ...Object.fromEntries(names.filter((name) => name !== '').map((name) => [name, `sid=${user}`])),
      ...fields,
    })

  test('reach only the fetching request, not those that waited for the same answer', async () => {
    const { a, stored } = dataCentre()
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const answers = [a.get(origin), a.get(origin), a.get(origin)]
    await origin.asked(1)
    gate.release(() => ofUser('user1'))
    const [asker, ...waiters] = await Promise.all(answers)
    expect(cookieOf(asker)).toBe('sid=user1')
    expect(waiters.map(cookieOf)).toEqual([null, null])
    expect(waiters.map((response) => cacheStatus(response).endsWith('; collapsed'))).toEqual([true, true])
    expect(origin.requests).toBe(1)
    await a.settle()
    expect(stored()).toContain('page')
    expect(stored()).not.toContain('user1')
  })

  test('appear in no hit of any isolate, and in neither store', async () => {
    const { a, b, clock, stored } = dataCentre()
    const origin = new ScriptedOrigin(() => ofUser('user1'))
    const conditional = await a.get(origin, { headers: { 'if-none-match': '"x"' } })
    expect(cookieOf(conditional)).toBe('sid=user1')
    await a.settle()
    clock.advance(0.5)
    const hits = [a.cache.tryFresh(key, request(), clock.now()), await a.get(origin), await b.get(origin)]
    for (const hit of hits) {
      expect(hit && cacheStatus(hit)).toBe('Spillway; hit; ttl=59')
      expect(cookieOf(hit)).toBeNull()
      expect(hit?.headers.has('x-user')).toBe(false)
    }
    expect(origin.requests).toBe(1)
    expect(stored()).not.toContain('user1')
  })

  test("of the first answer are not in another client's validation, and those of the 304 are the asker's", async () => {
    const { a, b, clock, stored } = dataCentre()
    const origin = new ScriptedOrigin(() => ofUser('user1'))
    await a.get(origin)
    await a.settle()
    for (const [isolate, cookie] of [
      [a, undefined],
      [b, undefined],
      [a, 'sid=user2'],
    ] as const) {
      clock.advance(61)
      const fields = { etag: '"e"', ...(cookie !== undefined && { 'set-cookie': cookie }) }
      origin.answer = () => new Response(null, { status: 304, headers: fields })
      const validated = await isolate.get(origin)
      expect(cacheStatus(validated)).toContain('fwd-status=304')
      expect(cookieOf(validated)).toBe(cookie ?? null)
      clock.advance(1)
      expect(cookieOf(await isolate.get(origin))).toBeNull()
    }
    await a.settle()
    expect(stored()).not.toMatch(/user[12]/)
  })

  test('of an error do not reach waiting requests either', async () => {
    const { a, clock } = dataCentre()
    const origin = new ScriptedOrigin(() => ofUser('user1'))
    await a.get(origin)
    clock.advance(61)
    const gate = held()
    origin.answer = gate.answer
    const answers = [a.get(origin), a.get(origin)]
    await origin.asked(2)
    gate.release(() => json('busy', { 'cache-control': directive, 'set-cookie': 'sid=user2' }, 503))
    for (const response of await Promise.all(answers)) expect(cookieOf(response)).not.toBe('sid=user1')
  })
})

test('a withheld field that the cache relies on makes the whole answer private', async () => {
  const { a, stored } = dataCentre()
  const origin = new ScriptedOrigin(() =>
    json('x', { 'cache-control': 'max-age=60, private="vary"', vary: 'foo' }),
  )
  await a.get(origin)
  await a.get(origin)
  expect(origin.requests).toBe(2)
  expect(stored()).toBe('')
})

test('a POST that brings the new state along keeps its own fields to its sender', async () => {
  const { a, clock, stored } = dataCentre()
  const origin = new ScriptedOrigin(() =>
    json('new', {
      'cache-control': 'max-age=60, private="set-cookie"',
      'content-location': key,
      'set-cookie': 'sid=user1',
    }),
  )
  expect(cookieOf(await a.get(origin, { method: 'POST' }))).toBe('sid=user1')
  await a.settle()
  clock.advance(1)
  const hit = await a.get(origin)
  expect([await hit.text(), cookieOf(hit), origin.requests]).toEqual(['new', null, 1])
  expect(stored()).not.toContain('user1')
})
