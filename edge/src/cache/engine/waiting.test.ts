import { describe, expect, test } from 'vitest'
import {
  cacheStatus,
  held,
  Isolate,
  json,
  ScriptedOrigin,
} from '../../../test/cache/support/cache-fixture.ts'
import { passThroughRules } from '../policy/rules.ts'
import type { Wait } from './flights.ts'

const keyOfUrl = (url: URL) => url.pathname + url.search
const turn = () => new Promise((resolve) => setTimeout(resolve))

/** Timers that fire when the test says so. */
function intervals() {
  let waiting: (() => void)[] = []
  const wait: Wait = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    return { over: promise, cancel: () => {} }
  }
  const end = async () => {
    const ended = waiting
    waiting = []
    for (const resolve of ended) resolve()
    await turn()
  }
  return { wait, end }
}

describe('a slow origin', () => {
  const passThrough = (wait: Wait) => new Isolate({ rules: passThroughRules, keyOfUrl, wait })
  const page = (body: string) => json(body, { 'cache-control': 'max-age=60' })

  test('is asked once per interval, however many requests wait', async () => {
    const { wait, end } = intervals()
    const isolate = passThrough(wait)
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const answers = Array.from({ length: 60 }, () => isolate.get(origin))
    await origin.asked(1)
    await turn()
    for (const requests of [2, 3, 4]) {
      await end()
      expect(origin.requests).toBe(requests)
    }
    gate.release(() => page('slow'))
    for (const response of await Promise.all(answers)) expect(await response.text()).toBe('slow')
    expect(origin.requests).toBe(4)
  })

  test('answers all waiting requests with the answer that comes first, including the newest leader', async () => {
    const { wait, end } = intervals()
    const isolate = passThrough(wait)
    const first = held()
    const origin = new ScriptedOrigin(first.answer)
    const answers = Array.from({ length: 5 }, () => isolate.get(origin))
    await origin.asked(1)
    await turn()
    const second = held()
    origin.answer = second.answer
    await end()
    expect(origin.requests).toBe(2)
    first.release(() => page('first'))
    for (const response of await Promise.all(answers)) expect(await response.text()).toBe('first')
    second.release(() => page('second'))
    await isolate.settle()
  })

  test('failing the first leader does not fail requests that wait for the second', async () => {
    const { wait, end } = intervals()
    const isolate = passThrough(wait)
    const first = Promise.withResolvers<Response>()
    const origin = new ScriptedOrigin(() => first.promise)
    const leader = isolate.get(origin)
    await origin.asked(1)
    const others = [isolate.get(origin), isolate.get(origin)]
    await turn()
    const second = held()
    origin.answer = second.answer
    await end()
    first.reject(new Error('reset'))
    await expect(leader).rejects.toThrow('reset')
    second.release(() => page('second'))
    for (const response of await Promise.all(others)) expect(await response.text()).toBe('second')
    expect(origin.requests).toBe(2)
  })
})

describe('requests that demand validation (RFC 9111 §5.2.1.4)', () => {
  const noCache = { headers: { 'cache-control': 'no-cache' } }
  const page = () => json('page', { 'cache-control': 'max-age=60' })

  test('do not wait for a fetch that began before they came', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl })
    const slow = held()
    const origin = new ScriptedOrigin(slow.answer)
    const first = isolate.get(origin)
    await origin.asked(1)
    isolate.clock.advance(0.1)
    origin.answer = page
    expect(cacheStatus(await isolate.get(origin, noCache))).toBe('Spillway; fwd=miss; fwd-status=200; stored')
    expect(origin.requests).toBe(2)
    slow.release(page)
    await first
  })

  test('are collapsed when they arrive together', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl })
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const answers = Array.from({ length: 10 }, () => isolate.get(origin, noCache))
    await origin.asked(1)
    isolate.clock.advance(0.4)
    gate.release(page)
    for (const response of await Promise.all(answers)) expect(await response.text()).toBe('page')
    expect(origin.requests).toBe(1)
  })
})

describe('an answer that cannot be shared', () => {
  const mine = () => json('mine', { 'cache-control': 'private, no-cache', etag: '"p"' })
  const conditional = { headers: { 'if-none-match': '"p"' } }

  test('becomes a 304 for a client with a matching tag (RFC 9110 §13.1.2)', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl })
    const origin = new ScriptedOrigin(mine)
    const unchanged = await isolate.get(origin, conditional)
    expect([unchanged.status, unchanged.body, unchanged.headers.get('etag')]).toEqual([304, null, '"p"'])
    expect(unchanged.headers.has('content-type')).toBe(false)
    expect((await isolate.get(origin, { headers: { 'if-none-match': '"q"' } })).status).toBe(200)
  })

  test('becomes a 304 for a client with a matching date', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl })
    const modified = 'Wed, 31 Dec 2025 00:00:00 GMT'
    const origin = new ScriptedOrigin(() =>
      json('mine', {
        'cache-control': 'private',
        'last-modified': modified,
        date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      }),
    )
    const statusOf = async (since: string) =>
      (await isolate.get(origin, { headers: { 'if-modified-since': since } })).status
    expect(await statusOf(modified)).toBe(304)
    expect(await statusOf('Tue, 30 Dec 2025 00:00:00 GMT')).toBe(200)
  })

  test('is requested with the client’s own conditions once the key is marked', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl })
    const origin = new ScriptedOrigin(mine)
    await isolate.get(origin)
    origin.answer = () => new Response(null, { status: 304, headers: { etag: '"p"' } })
    expect((await isolate.get(origin, conditional)).status).toBe(304)
    expect(origin.orders.map((order) => order.keepConditions)).toEqual([false, true])
  })

  test('is collapsed again after a shareable answer', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl, hitForMissMs: 120_000 })
    const origin = new ScriptedOrigin(mine)
    await isolate.get(origin)
    isolate.clock.advance(60)
    origin.answer = () => json('all', { 'cache-control': 'max-age=1' })
    await isolate.get(origin)
    isolate.clock.advance(60)
    const gate = held()
    origin.answer = gate.answer
    const answers = [isolate.get(origin), isolate.get(origin), isolate.get(origin)]
    await origin.asked(3)
    gate.release(() => json('all', { 'cache-control': 'max-age=60' }))
    await Promise.all(answers)
    expect(origin.requests).toBe(3)
  })
})

test('stale-while-revalidate backs off while the origin is down', async () => {
  const isolate = new Isolate()
  const origin = new ScriptedOrigin(() =>
    json('old', { 'cdn-cache-control': 'max-age=1, stale-while-revalidate=600' }),
  )
  await isolate.get(origin)
  isolate.clock.advance(2)
  const startMs = isolate.clock.now()
  const askedAt: number[] = []
  origin.answer = () => {
    askedAt.push((isolate.clock.now() - startMs) / 1000)
    return Promise.reject(new Error('down'))
  }
  for (let second = 0; second < 60; second += 1) {
    for (let n = 0; n < 5; n += 1) await isolate.get(origin)
    await isolate.settle()
    isolate.clock.advance(1)
  }
  expect(askedAt).toEqual([0, 1, 3, 7, 15, 31])
  isolate.clock.advance(10)
  origin.answer = () => json('new', { 'cdn-cache-control': 'max-age=1, stale-while-revalidate=600' })
  await isolate.get(origin)
  await isolate.settle()
  expect(await (await isolate.get(origin)).text()).toBe('new')
})

describe('unsafe methods', () => {
  const key = '/v1/items/1'
  const withState = (body: string) => json(body, { 'cache-control': 'max-age=60', 'content-location': key })

  test('a POST answer overtaken by another write is not stored', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl })
    const slow = held()
    const origin = new ScriptedOrigin(slow.answer)
    const post = isolate.get(origin, { method: 'POST' })
    await origin.asked(1)
    isolate.clock.advance(1)
    origin.answer = () => new Response(null, { status: 204 })
    await isolate.get(origin, { method: 'PUT' })
    isolate.clock.advance(1)
    slow.release(() => withState('before the PUT'))
    expect(await (await post).text()).toBe('before the PUT')
    isolate.clock.advance(1)
    origin.answer = () => withState('after the PUT')
    expect(await (await isolate.get(origin)).text()).toBe('after the PUT')
  })

  test('a Location with the origin’s own name invalidates the client-facing URL (§4.4)', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl, origins: ['https://origin.test'] })
    const origin = new ScriptedOrigin(() => json('old', { 'cache-control': 'max-age=60' }))
    await isolate.get(origin)
    isolate.clock.advance(1)
    origin.answer = () => json('', { location: `https://origin.test${key}` }, 201)
    await isolate.get(origin, { key: '/v1/items', method: 'POST' })
    isolate.clock.advance(1)
    origin.answer = () => json('new', { 'cache-control': 'max-age=60' })
    expect(await (await isolate.get(origin)).text()).toBe('new')
  })

  test('invalidate an answer with too many tags by its URL', async () => {
    const isolate = new Isolate({ rules: passThroughRules, keyOfUrl })
    const tags = Array.from({ length: 500 }, (_, n) => `node-${n}`).join(' , ')
    const origin = new ScriptedOrigin(() =>
      json('page', { 'cache-control': 'max-age=60', 'cache-tag': tags }),
    )
    await isolate.get(origin)
    expect(cacheStatus(await isolate.get(origin))).toContain('hit')
    isolate.clock.advance(1)
    await isolate.get(origin, { method: 'POST' })
    isolate.clock.advance(1)
    expect(cacheStatus(await isolate.get(origin))).not.toContain('hit')
  })
})
