import { describe, expect, test, vi } from 'vitest'
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
import { LateAnswer } from './no-answer.ts'

const lifetimes = 'max-age=30, stale-while-revalidate=300, stale-if-error=3600'
const item = (body = 'one', fields: Record<string, string> = {}) =>
  json(body, {
    'cdn-cache-control': lifetimes,
    'cache-control': 'private, no-cache',
    'cache-tag': 'items:1, items:*',
    etag: `"${body}"`,
    ...fields,
  })
const key = '/v1/items/1'
const request = (headers: Record<string, string> = {}, method = 'GET') =>
  new Request(`https://api.test${key}`, { headers, method })

describe('hits', () => {
  test('a stored answer is served without the origin, with its age and our Cache-Status', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    const first = await isolate.get(origin)
    expect(cacheStatus(first)).toBe('Spillway; fwd=miss; fwd-status=200; stored')
    isolate.clock.advance(10)
    const second = await isolate.get(origin)
    expect(await second.text()).toBe('one')
    expect(cacheStatus(second)).toBe('Spillway; hit; ttl=20')
    expect(second.headers.get('age')).toBe('10')
    expect(second.headers.get('cache-control')).toBe('private, no-cache')
    expect(origin.requests).toBe(1)
  })

  test('hits on different entries each get their own header fields', async () => {
    const isolate = new Isolate()
    const hitOf = (path: string) => isolate.cache.tryFresh(path, request(), isolate.clock.now())
    await isolate.get(new ScriptedOrigin(() => item('one')), { key: '/v1/items/1' })
    isolate.clock.advance(5)
    await isolate.get(new ScriptedOrigin(() => item('two')), { key: '/v1/items/2' })
    const other = { 'cache-status': 'Near; hit', 'content-language': 'en' }
    await isolate.get(new ScriptedOrigin(() => item('three', other)), { key: '/v1/items/3' })
    isolate.clock.advance(5)
    const first = hitOf('/v1/items/1')
    for (let turn = 0; turn < 2; turn += 1) {
      const shown = ['1', '2', '3'].map((id) => {
        const { headers } = hitOf(`/v1/items/${id}`) as Response
        return ['etag', 'age', 'cache-status', 'content-language'].map((name) => headers.get(name))
      })
      expect(shown).toEqual([
        ['"one"', '10', 'Spillway; hit; ttl=20', null],
        ['"two"', '5', 'Spillway; hit; ttl=25', null],
        ['"three"', '5', 'Near; hit, Spillway; hit; ttl=25', 'en'],
      ])
    }
    expect(first?.headers.get('etag')).toBe('"one"')
  })

  test('evaluates If-Modified-Since only if the answer has Last-Modified, like the origin', async () => {
    const inAnHour = new Date(Date.UTC(2026, 0, 1, 1)).toUTCString()
    const statusOf = async (options: ConstructorParameters<typeof Isolate>[0], fields = {}) => {
      const isolate = new Isolate(options)
      await isolate.get(new ScriptedOrigin(() => item('one', fields)))
      const conditional = request({ 'if-modified-since': inAnHour })
      return isolate.cache.tryFresh(key, conditional, isolate.clock.now())?.status
    }
    expect(await statusOf({})).toBe(200)
    expect(await statusOf({}, { 'last-modified': 'Wed, 31 Dec 2025 00:00:00 GMT' })).toBe(304)
    expect(await statusOf({ rules: passThroughRules })).toBe(304)
  })

  test('keeps repeated fields separate', async () => {
    const isolate = new Isolate({ rules: { ...passThroughRules, storeSetCookie: 'explicit' } })
    const cookies = () => {
      const answer = item()
      answer.headers.append('set-cookie', 'a=1')
      answer.headers.append('set-cookie', 'b=2')
      return answer
    }
    await isolate.get(new ScriptedOrigin(cookies))
    const hit = isolate.cache.tryFresh(key, request(), isolate.clock.now())
    expect(hit?.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(hit && cacheStatus(hit)).toBe('Spillway; hit; ttl=30')
  })

  test('removes fields addressed to this cache before the answer reaches the client', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    for (const response of [await isolate.get(origin), await isolate.get(origin)]) {
      expect(response.headers.has('cache-tag')).toBe(false)
      expect(response.headers.has('cdn-cache-control')).toBe(false)
    }
  })

  test('the fast path answers GET, HEAD, conditions and ranges while fresh, and nothing else', async () => {
    const isolate = new Isolate()
    const now = isolate.clock.now
    expect(isolate.cache.tryFresh(key, request(), now())).toBeUndefined()
    await isolate.get(new ScriptedOrigin(() => item()))
    const tryFresh = (headers: Record<string, string> = {}, method = 'GET') =>
      isolate.cache.tryFresh(key, request(headers, method), now())
    expect(await tryFresh()?.text()).toBe('one')
    const head = tryFresh({}, 'HEAD')
    expect([head?.status, head?.headers.get('content-length'), await head?.text()]).toEqual([200, '3', ''])
    const unchanged = tryFresh({ 'if-none-match': '"one"' })
    expect([unchanged?.status, unchanged?.headers.has('content-type')]).toEqual([304, false])
    expect(tryFresh({ 'if-none-match': '"two"' })?.status).toBe(200)
    const part = tryFresh({ range: 'bytes=1-' })
    expect([part?.status, part?.headers.get('content-range'), await part?.text()]).toEqual([
      206,
      'bytes 1-2/3',
      'ne',
    ])
    const beyond = tryFresh({ range: 'bytes=9-' })
    expect([beyond?.status, beyond?.headers.get('content-range')]).toEqual([416, 'bytes */3'])
    expect(tryFresh({}, 'POST')).toBeUndefined()
    isolate.clock.advance(30)
    expect(tryFresh()).toBeUndefined()
  })

  test('a HEAD that misses fills the cache for the GET after it (RFC 9110 §9.3.2)', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    expect(await (await isolate.get(origin, { method: 'HEAD' })).text()).toBe('')
    expect(await (await isolate.get(origin)).text()).toBe('one')
    expect(origin.orders.map((order) => order.method)).toEqual(['GET'])
  })

  test('HEAD gets no body, even if the answer is not stored', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => json('mine', { 'cdn-cache-control': 'no-store' }))
    const response = await isolate.get(origin, { method: 'HEAD' })
    expect([response.status, response.body]).toEqual([200, null])
  })

  test("a client's condition is evaluated against the answer of its own miss", async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    expect((await isolate.get(origin, { headers: { 'if-none-match': '"one"' } })).status).toBe(304)
    expect(origin.orders[0]).toMatchObject({ keepConditions: false, validators: [] })
  })
})

describe('validation (RFC 9111 §4.3)', () => {
  test('a 304 renews the stored answer', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item('one', { note: 'old' }))
    await isolate.get(origin)
    isolate.clock.advance(1000)
    origin.answer = () => new Response(null, { status: 304, headers: { etag: '"one"', note: 'new' } })
    const validated = await isolate.get(origin)
    expect(origin.orders[1]?.validators).toEqual([['if-none-match', '"one"']])
    expect(cacheStatus(validated)).toBe('Spillway; fwd=stale; fwd-status=304; stored')
    expect([await validated.text(), validated.headers.get('note')]).toEqual(['one', 'new'])
    expect(cacheStatus(await isolate.get(origin))).toBe('Spillway; hit; ttl=30')
  })

  test('a 304 about another answer is not used: the origin is asked again without conditions (§4.3.4)', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    await isolate.get(origin)
    isolate.clock.advance(1000)
    origin.answer = (order) =>
      order.validators.length > 0
        ? new Response(null, { status: 304, headers: { etag: '"two"' } })
        : item('two')
    expect(await (await isolate.get(origin)).text()).toBe('two')
    expect(origin.requests).toBe(3)
  })
})

describe('stale answers (RFC 5861)', () => {
  const stale = async (seconds: number) => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    await isolate.get(origin)
    isolate.clock.advance(seconds)
    return { isolate, origin }
  }

  test('stale-while-revalidate: all are answered at once, one refresh runs', async () => {
    const { isolate, origin } = await stale(60)
    const gate = held()
    origin.answer = gate.answer
    const answers = await Promise.all(Array.from({ length: 10 }, () => isolate.get(origin)))
    expect(answers.map(cacheStatus)).toEqual(
      Array(10).fill('Spillway; hit; ttl=-30; detail=stale-while-revalidate'),
    )
    expect(origin.orders.slice(1)).toMatchObject([{ background: true, reason: 'stale' }])
    gate.release(() => item('two'))
    await isolate.settle()
    expect(await (await isolate.get(origin)).text()).toBe('two')
    expect(origin.requests).toBe(2)
  })

  test('a refresh that fails changes nothing', async () => {
    const { isolate, origin } = await stale(60)
    origin.answer = () => Promise.reject(new Error('down'))
    await isolate.get(origin)
    await isolate.settle()
    expect((await isolate.get(origin)).status).toBe(200)
  })

  test.each<[string, () => Response | Promise<Response>, string]>([
    ['rejects', () => Promise.reject(new Error('down')), ''],
    ['answers 503', () => json('busy', {}, 503), '; fwd-status=503'],
    ['breaks off', () => broken(), ''],
  ])('stale-if-error: when the origin %s, the stored answer stands in', async (_, answer, status) => {
    const { isolate, origin } = await stale(1000)
    origin.answer = answer
    const response = await isolate.get(origin)
    expect([response.status, await response.text()]).toEqual([200, 'one'])
    expect(cacheStatus(response)).toBe(`Spillway; fwd=stale${status}; ttl=-970; detail=stale-if-error`)
  })

  test('no answer stands in past its stale-if-error', async () => {
    const { isolate, origin } = await stale(3630)
    origin.answer = () => json('busy', {}, 503)
    expect((await isolate.get(origin)).status).toBe(503)
    origin.answer = () => Promise.reject(new Error('down'))
    await expect(isolate.get(origin)).rejects.toThrow('down')
  })

  test('serveStored returns any usable answer without asking the origin', async () => {
    const { isolate, origin } = await stale(1000)
    const response = await isolate.cache.serveStored({ key, request: request() })
    expect(response && cacheStatus(response)).toBe('Spillway; hit; ttl=-970; detail=shed')
    isolate.clock.advance(9999)
    expect(await isolate.cache.serveStored({ key, request: request() })).toBeUndefined()
    expect(origin.requests).toBe(1)
    expect(isolate.cache.mayHold(key, request(), isolate.clock.now())).toBe(true)
    expect(isolate.cache.mayHold('another key', request(), isolate.clock.now())).toBe(false)
  })
})

describe('one flight per key', () => {
  test('1,000 concurrent misses are one origin request', async () => {
    const isolate = new Isolate()
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const answers = Array.from({ length: 1000 }, () => isolate.get(origin))
    gate.release(() => item())
    const statuses = (await Promise.all(answers)).map(cacheStatus)
    expect(origin.requests).toBe(1)
    expect(statuses.filter((status) => status.endsWith('collapsed'))).toHaveLength(999)
  })

  test('answers that cannot be shared do not make requests wait for each other', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => json('mine', { 'cdn-cache-control': 'no-store' }))
    await Promise.all([isolate.get(origin), isolate.get(origin), isolate.get(origin)])
    expect(origin.requests).toBe(3)
    const gate = held()
    origin.answer = gate.answer
    const later = Array.from({ length: 5 }, () => isolate.get(origin))
    await origin.asked(8)
    gate.release(() => item())
    await Promise.all(later)
  })

  test('a request that waits too long fetches for itself', async () => {
    const isolate = new Isolate({ wait: () => ({ over: Promise.resolve(), cancel: () => {} }) })
    const slow = held()
    const origin = new ScriptedOrigin(slow.answer)
    const leader = isolate.get(origin)
    await origin.asked(1)
    origin.answer = () => item('own')
    expect(await (await isolate.get(origin)).text()).toBe('own')
    slow.release(() => item('late'))
    expect(await (await leader).text()).toBe('late')
  })

  test('a request that waits too long gets a stale answer, if permitted, without fetching', async () => {
    const isolate = new Isolate({ wait: () => ({ over: Promise.resolve(), cancel: () => {} }) })
    const origin = new ScriptedOrigin(() => item())
    await isolate.get(origin)
    isolate.clock.advance(1000)
    const slow = held()
    origin.answer = slow.answer
    const leader = isolate.get(origin)
    await origin.asked(2)
    expect(cacheStatus(await isolate.get(origin))).toBe(
      'Spillway; fwd=stale; ttl=-970; detail=stale-if-error',
    )
    slow.release(() => item('two'))
    expect(await (await leader).text()).toBe('two')
    expect(origin.requests).toBe(2)
  })

  test('a failed background refresh does not fail the requests that waited for it', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() =>
      item('one', { 'cdn-cache-control': 'max-age=1, stale-while-revalidate=5' }),
    )
    await isolate.get(origin)
    isolate.clock.advance(3)
    const gate = Promise.withResolvers<Response>()
    origin.answer = () => gate.promise
    await isolate.get(origin)
    await origin.asked(2)
    isolate.clock.advance(9)
    const waiting = isolate.get(origin)
    await new Promise((resolve) => setTimeout(resolve))
    origin.answer = () => item('two')
    gate.reject(new Error('shed'))
    expect(await (await waiting).text()).toBe('two')
    expect(origin.orders.map((order) => order.background)).toEqual([false, true, false])
  })

  test("a less important leader's failure does not fail more important requests", async () => {
    const isolate = new Isolate()
    const gate = Promise.withResolvers<Response>()
    const origin = new ScriptedOrigin(() => gate.promise)
    const leader = isolate.get(origin, { rank: 2 })
    const equal = isolate.get(origin, { rank: 2 })
    const critical = isolate.get(origin, { rank: 0 })
    await new Promise((resolve) => setTimeout(resolve))
    origin.answer = () => item('two')
    gate.reject(new Error('shed'))
    await expect(leader).rejects.toThrow('shed')
    await expect(equal).rejects.toThrow('shed')
    expect(await (await critical).text()).toBe('two')
    expect(origin.requests).toBe(2)
  })

  test('a fetch too late for all waiting requests still fills the cache', async () => {
    const isolate = new Isolate()
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const late = Promise.resolve(undefined)
    const answers = Array.from({ length: 3 }, () => isolate.get(origin, { late }))
    for (const answer of answers) await expect(answer).rejects.toThrow(LateAnswer)
    expect(origin.requests).toBe(1)
    gate.release(() => item())
    await isolate.settle()
    expect(cacheStatus(await isolate.get(origin, { late }))).toBe('Spillway; hit; ttl=30')
  })

  test("a fetch lost with its leader's request context is not awaited for ever", async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => new Promise<Response>(() => {}))
    void isolate.get(origin)
    await origin.asked(1)
    isolate.clock.advance(30)
    origin.answer = () => item()
    expect((await isolate.get(origin)).status).toBe(200)
  })

  test('a failing origin is asked once for all waiting requests, and again by the next', async () => {
    const isolate = new Isolate()
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const answers = Array.from({ length: 100 }, () => isolate.get(origin))
    gate.release(() => json('busy', { 'cache-control': 'no-store', 'retry-after': '1' }, 503))
    for (const response of await Promise.all(answers)) {
      expect([response.status, await response.text(), response.headers.get('retry-after')]).toEqual([
        503,
        'busy',
        '1',
      ])
    }
    expect(origin.requests).toBe(1)
    origin.answer = () => item()
    expect((await isolate.get(origin)).status).toBe(200)
  })

  test('a rejection reaches all waiting requests', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => Promise.reject(new Error('down')))
    const answers = await Promise.allSettled([isolate.get(origin), isolate.get(origin)])
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected'])
    expect(origin.requests).toBe(1)
  })
})

describe('early refresh', () => {
  test('a hit shortly before expiry renews the answer in the background, once', async () => {
    const isolate = new Isolate({ random: () => 1e-9 })
    const origin = new ScriptedOrigin(() => {
      isolate.clock.advance(0.1)
      return item()
    })
    await isolate.get(origin)
    isolate.clock.advance(29)
    expect(isolate.cache.tryFresh(key, request(), isolate.clock.now())).toBeUndefined()
    const answers = await Promise.all([isolate.get(origin), isolate.get(origin)])
    expect(answers.map(cacheStatus)).toEqual(Array(2).fill('Spillway; hit; ttl=0'))
    await isolate.settle()
    expect(origin.orders.map((order) => order.background)).toEqual([false, true])
    expect(isolate.cache.tryFresh(key, request(), isolate.clock.now())).toBeDefined()
  })
})

describe('what is not stored', () => {
  test.each<[string, Record<string, string>]>([
    ['an answer with Set-Cookie', { 'set-cookie': 'a=b' }],
    ['no-store', { 'cdn-cache-control': 'no-store' }],
    [
      'more tags than are worth checking',
      { 'cache-tag': Array.from({ length: 33 }, (_, n) => `t${n}`).join() },
    ],
    [
      'no-transform under a coding that gets lost',
      { 'cache-control': 'no-transform', 'content-encoding': 'gzip' },
    ],
  ])('%s', async (_, fields) => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item('one', fields))
    await isolate.get(origin)
    await isolate.get(origin)
    expect([origin.requests, isolate.memory.size]).toEqual([2, 0])
  })

  test('a body over the limit streams through, declared or not', async () => {
    const isolate = new Isolate({ bodyBytesMax: 5 })
    for (const fields of [{}, { 'content-length': '10' }]) {
      const origin = new ScriptedOrigin(() => item('0123456789', fields))
      const response = await isolate.get(origin)
      expect(await response.text()).toBe('0123456789')
      expect(cacheStatus(response)).toBe('Spillway; fwd=miss; fwd-status=200; detail=too-large')
    }
    expect(isolate.memory.size).toBe(0)
  })

  test('a range request that misses is forwarded unchanged', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => json('ne', { 'content-range': 'bytes 1-2/3' }, 206))
    const response = await isolate.get(origin, { headers: { range: 'bytes=1-' } })
    expect([response.status, await response.text()]).toEqual([206, 'ne'])
    expect(origin.orders[0]).toMatchObject({ keepConditions: true, reason: 'partial' })
  })
})

describe('purge', () => {
  test('drops all answers with a tag at once', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    await isolate.get(origin)
    const purged = isolate.cache.purge(['items:1'])
    expect(isolate.cache.tryFresh(key, request(), isolate.clock.now())).toBeUndefined()
    await purged
    isolate.clock.advance(0.001)
    await isolate.get(origin)
    expect(origin.requests).toBe(2)
  })

  test('a fetch that began before a purge is not stored, and waiting requests fetch once more', async () => {
    const isolate = new Isolate()
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const answers = Array.from({ length: 10 }, () => isolate.get(origin))
    await origin.asked(1)
    isolate.clock.advance(1)
    await isolate.cache.purge(['items:1'])
    isolate.clock.advance(1)
    origin.answer = () => item('new')
    gate.release(() => item('old'))
    const bodies = await Promise.all((await Promise.all(answers)).map((response) => response.text()))
    expect(bodies).toEqual(['old', ...Array(9).fill('new')])
    expect(origin.requests).toBe(2)
    expect(await isolate.cache.tryFresh(key, request(), isolate.clock.now())?.text()).toBe('new')
  })

  test('an answer purged during a failed refresh does not stand in (strict §4.4)', async () => {
    const isolate = new Isolate({ rules: passThroughRules })
    const origin = new ScriptedOrigin(() => item())
    await isolate.get(origin)
    isolate.clock.advance(1000)
    origin.answer = async () => {
      await isolate.cache.purge(['items:*'])
      throw new Error('down')
    }
    await expect(isolate.get(origin)).rejects.toThrow('down')
  })
})

describe('read your own writes', () => {
  test('answers requested at or before the write are not served, fresh or stale', async () => {
    const isolate = new Isolate()
    const origin = new ScriptedOrigin(() => item())
    await isolate.get(origin)
    const notBeforeMs = isolate.clock.now()
    expect(isolate.cache.tryFresh(key, request(), isolate.clock.now(), { notBeforeMs })).toBeUndefined()
    isolate.clock.advance(1)
    origin.answer = () => Promise.reject(new Error('down'))
    await expect(isolate.get(origin, { notBeforeMs })).rejects.toThrow('down')
    origin.answer = () => item('two')
    expect(await (await isolate.get(origin, { notBeforeMs })).text()).toBe('two')
    expect(cacheStatus(await isolate.get(origin, { notBeforeMs }))).toContain('hit')
  })

  test('does not wait for a fetch that began before the write', async () => {
    const isolate = new Isolate()
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const other = isolate.get(origin)
    await origin.asked(1)
    const notBeforeMs = isolate.clock.now()
    isolate.clock.advance(1)
    origin.answer = () => item('new')
    expect(await (await isolate.get(origin, { notBeforeMs })).text()).toBe('new')
    gate.release(() => item('old'))
    expect(await (await other).text()).toBe('old')
    expect(await isolate.cache.tryFresh(key, request(), isolate.clock.now())?.text()).toBe('new')
  })
})

describe('the isolates of a data centre', () => {
  const dataCentre = (missingMeansPurged = false) => {
    const clock = new Clock()
    const shelf = new StampShelf()
    const shared = new MemoryStore({ bytesMax: 1_000_000, countMax: 100 })
    const isolate = () => new Isolate({ clock, shelf, shared, missingMeansPurged })
    return { clock, shelf, shared, a: isolate(), b: isolate() }
  }

  test('an answer fetched by one isolate is not fetched by the other', async () => {
    const { a, b, clock } = dataCentre()
    const origin = new ScriptedOrigin(() => item())
    await a.get(origin)
    await a.settle()
    clock.advance(5)
    const response = await b.get(origin)
    expect([origin.requests, cacheStatus(response), response.headers.get('age')]).toEqual([
      1,
      'Spillway; hit; ttl=25',
      '5',
    ])
  })

  test('a stale answer from the data centre stands in if memory has none', async () => {
    const { a, b, clock } = dataCentre()
    const origin = new ScriptedOrigin(() => item())
    await a.get(origin)
    await a.settle()
    clock.advance(1000)
    origin.answer = () => Promise.reject(new Error('down'))
    expect(b.cache.mayHold('another key', request(), clock.now())).toBe(true)
    expect(cacheStatus(await b.get(origin))).toContain('stale-if-error')
    expect(await b.cache.serveStored({ key, request: request() })).toBeDefined()
  })

  test('with the origin down, a stale key is looked up in the data centre once per recheck interval', async () => {
    const { a, clock, shared } = dataCentre()
    const origin = new ScriptedOrigin(() => item())
    await a.get(origin)
    await a.settle()
    clock.advance(1000)
    origin.answer = () => Promise.reject(new Error('down'))
    const looks = vi.spyOn(shared, 'get')
    const readTwenty = async () => {
      for (let i = 0; i < 20; i++) expect(cacheStatus(await a.get(origin))).toContain('stale-if-error')
    }
    await readTwenty()
    expect(looks).toHaveBeenCalledTimes(1)
    clock.advance(1)
    await readTwenty()
    expect(looks).toHaveBeenCalledTimes(2)
  })

  test('finds an answer that another isolate stored meanwhile', async () => {
    const { a, b, clock } = dataCentre()
    const origin = new ScriptedOrigin(() => item())
    await a.get(origin)
    await a.settle()
    clock.advance(1000)
    const down = new ScriptedOrigin(() => Promise.reject(new Error('down')))
    expect(await (await a.get(down)).text()).toBe('one')
    origin.answer = () => item('two')
    await b.get(origin)
    await b.settle()
    clock.advance(1)
    expect(await (await a.get(down)).text()).toBe('two')
  })

  test("a purge by one reaches the other's memory after the recheck interval, and the shared store at once", async () => {
    const { a, b, clock } = dataCentre()
    const origin = new ScriptedOrigin(() => item())
    await a.get(origin)
    await a.settle()
    await b.get(origin)
    clock.advance(0.5)
    await a.cache.purge(['items:1'])
    origin.answer = () => item('two')
    clock.advance(0.5)
    expect(b.cache.tryFresh(key, request(), clock.now())).toBeUndefined()
    expect(await (await b.get(origin)).text()).toBe('two')
    expect(origin.requests).toBe(2)
  })

  test('a purge while another isolate fetches keeps its answer out of both stores', async () => {
    const { a, b, clock } = dataCentre()
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const first = b.get(origin)
    await origin.asked(1)
    clock.advance(1)
    await a.cache.purge(['items:1'])
    clock.advance(1)
    gate.release(() => item('old'))
    await first
    await b.settle()
    origin.answer = () => item('new')
    expect(await (await b.get(origin)).text()).toBe('new')
    expect(await (await a.get(origin)).text()).toBe('new')
  })

  test('a shared store without shared stamps is refused', () => {
    const shared = new MemoryStore({ bytesMax: 1, countMax: 1 })
    expect(() => new Isolate({ shared })).toThrow(TypeError)
  })

  test('stamps removed by the purge of the zone mean purged', async () => {
    const { a, shelf, clock } = dataCentre(true)
    const origin = new ScriptedOrigin(() => item())
    await a.get(origin, { foreseenTags: ['items:1'] })
    await a.settle()
    clock.advance(2)
    // The list's tag was not foreseen, so the first answer could not be stored; now its stamp is known.
    await a.get(origin, { foreseenTags: ['items:1'] })
    await a.settle()
    clock.advance(2)
    expect(cacheStatus(await a.get(origin))).toContain('hit')
    shelf.zonePurge('items:1')
    clock.advance(2)
    origin.answer = () => item('two')
    expect(await (await a.get(origin)).text()).toBe('two')
  })
})

describe('pass-through', () => {
  const passThrough = () =>
    new Isolate({ rules: passThroughRules, keyOfUrl: (url) => url.pathname + url.search })
  const varied = (body: string) => json(body, { 'cache-control': 'max-age=30', vary: 'foo' })

  test('Vary keeps variants apart (RFC 9111 §4.1)', async () => {
    const isolate = passThrough()
    const origin = new ScriptedOrigin(() => varied(`${origin.requests}`))
    const ask = async (foo: string) => (await isolate.get(origin, { headers: { foo } })).text()
    expect([await ask('a'), await ask('b'), await ask('a'), await ask('b')]).toEqual(['1', '2', '1', '2'])
  })

  test('a request waiting for another variant fetches its own', async () => {
    const isolate = passThrough()
    const origin = new ScriptedOrigin(() => varied(`${origin.requests}`))
    const ask = async (foo: string) => (await isolate.get(origin, { headers: { foo } })).text()
    expect(await Promise.all([ask('a'), ask('b'), ask('a'), ask('b')])).toEqual(['1', '2', '1', '2'])
  })

  test('unsafe methods invalidate all variants of their target (§4.4)', async () => {
    const isolate = passThrough()
    const origin = new ScriptedOrigin(() => varied('x'))
    await isolate.get(origin, { headers: { foo: 'a' } })
    isolate.clock.advance(1)
    await isolate.get(origin, { method: 'POST' })
    isolate.clock.advance(1)
    await isolate.get(origin, { headers: { foo: 'a' } })
    expect(origin.orders.map((order) => order.reason)).toEqual(['miss', 'method', 'miss'])
  })

  test("stores a POST answer with the target's new state for GET (RFC 9110 §9.3.3)", async () => {
    const isolate = passThrough()
    const origin = new ScriptedOrigin(() =>
      json('new', { 'cache-control': 'max-age=30', 'content-location': key }),
    )
    await isolate.get(origin, { method: 'POST' })
    isolate.clock.advance(1)
    expect(await (await isolate.get(origin)).text()).toBe('new')
    expect(origin.requests).toBe(1)
  })

  test('only-if-cached never asks the origin (§5.2.1.7)', async () => {
    const isolate = passThrough()
    const origin = new ScriptedOrigin(() => json('x', { 'cache-control': 'max-age=30' }))
    const ask = () => isolate.get(origin, { headers: { 'cache-control': 'only-if-cached' } })
    expect([(await ask()).status, origin.requests]).toEqual([504, 0])
    await isolate.get(origin)
    expect([(await ask()).status, origin.requests]).toEqual([200, 1])
  })

  test('request no-cache validates, request no-store keeps out of the store (§5.2.1)', async () => {
    const isolate = passThrough()
    const origin = new ScriptedOrigin(() => json('x', { 'cache-control': 'max-age=30' }))
    await isolate.get(origin, { headers: { 'cache-control': 'no-store' } })
    expect(isolate.memory.size).toBe(0)
    await isolate.get(origin)
    const validated = await isolate.get(origin, { headers: { 'cache-control': 'no-cache' } })
    expect(cacheStatus(validated)).toContain('fwd=request')
  })
})

/** An answer whose connection breaks in the middle. */
const broken = (): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"half'))
        controller.error(new Error('reset'))
      },
    }),
    { headers: { 'cdn-cache-control': lifetimes } },
  )
