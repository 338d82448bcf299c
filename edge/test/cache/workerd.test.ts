import { get, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpOrigin, startHttpOrigin } from './support/http-origin.ts'
import { startWorkerd, type Workerd } from './support/workerd.ts'

/** A Worker with the cache in API mode over the real Cache API; `/purge/TAG` purges. */
const source = `
import {
  apiRules, createHttpCache, MemoryStore, originHeaders, TagStamps, WorkersCacheStore, WorkersStampStore,
} from './index.ts'

const now = Date.now
const base = 'https://api.test'
let cache
const open = () => createHttpCache({
  rules: apiRules,
  memory: new MemoryStore({ bytesMax: 1e6, countMax: 1000 }),
  shared: new WorkersCacheStore(caches.default, base + '/.cache/'),
  stamps: new TagStamps({ now, recheckMs: 100, shared: new WorkersStampStore(caches.default, base + '/.stamp/', 200_000) }),
  now,
})

export default {
  async fetch(request, env, context) {
    cache ??= open()
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/purge/')) {
      await cache.purge([pathname.slice('/purge/'.length)])
      return new Response('purged')
    }
    return cache.tryFresh(pathname, request, now()) ?? cache.handle({
      request,
      key: pathname,
      waitUntil: work => context.waitUntil(work),
      forward: order =>
        fetch(env.ORIGIN + pathname, { method: order.method, headers: originHeaders(request.headers, order) }),
    })
  },
}
`

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const started of running.splice(0).reverse()) await started.stop()
})

async function start(
  answer: Parameters<typeof startHttpOrigin>[0],
  isolates = 1,
): Promise<{ origin: HttpOrigin; workerd: Workerd }> {
  const origin = await startHttpOrigin(answer)
  running.push(origin)
  const workerd = await startWorkerd({ entry: { source }, variables: { ORIGIN: origin.url }, isolates })
  running.push(workerd)
  return { origin, workerd }
}

const cacheable = {
  'cdn-cache-control': 'max-age=60, stale-if-error=600',
  'cache-control': 'public, no-cache',
  'cache-tag': 'items:1',
}

/** The origin's answer, released by the test. */
function gated(body = 'answer') {
  const gate = Promise.withResolvers<void>()
  const answer: Parameters<typeof startHttpOrigin>[0] = async (_, response) => {
    await gate.promise
    response.writeHead(200, cacheable).end(body)
  }
  return { answer, open: gate.resolve }
}

/** The raw response: `fetch` would decode some codings. */
const rawGet = async (url: string) => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  get(url, resolve).on('error', reject)
  const answer = await promise
  return { headers: answer.headers, body: await buffer(answer) }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await delay(5)
}

describe('one flight per key in workerd', () => {
  test('1,000 concurrent misses are one origin request', async () => {
    const gate = gated()
    const { origin, workerd } = await start(gate.answer)
    const answers = Array.from({ length: 1000 }, () => fetch(`${workerd.urls[0]}/items/1`))
    await until(() => origin.requests.length > 0)
    await delay(200)
    gate.open()
    const bodies = await Promise.all((await Promise.all(answers)).map((answer) => answer.text()))
    expect(new Set(bodies)).toEqual(new Set(['answer']))
    expect(origin.requests).toHaveLength(1)
  })

  test('a leader whose client leaves still answers the others and fills the store', async () => {
    const gate = gated()
    const { origin, workerd } = await start(gate.answer)
    const url = `${workerd.urls[0]}/items/1`
    const leader = new AbortController()
    const left = fetch(url, { signal: leader.signal }).catch((error: Error) => error.name)
    await until(() => origin.requests.length === 1)
    const waiting = [fetch(url), fetch(url)]
    await delay(100)
    leader.abort()
    expect(await left).toBe('AbortError')
    gate.open()
    for (const answer of await Promise.all(waiting)) expect(await answer.text()).toBe('answer')
    expect((await fetch(url)).headers.get('cache-status')).toMatch(/^Spillway; hit/)
    expect(origin.requests).toHaveLength(1)
  })
})

describe('two isolates of one data centre', () => {
  test('share what is stored, and a purge by one reaches the other', async () => {
    const { origin, workerd } = await start(
      (_, response, count) => response.writeHead(200, cacheable).end(`answer ${count}`),
      2,
    )
    const [a, b] = workerd.urls
    const read = async (isolate = '') => (await fetch(`${isolate}/items/1`)).text()
    expect(await read(a)).toBe('answer 1')
    await until(() => origin.requests.length === 1)
    // The record is written after the answer has gone out.
    const stored = `https://api.test/.cache/${encodeURIComponent('/items/1')}`
    while ((await workerd.cacheApi.match(stored)) === undefined) await delay(5)
    expect(await read(b)).toBe('answer 1')
    expect(await (await fetch(`${a}/purge/items:1`)).text()).toBe('purged')
    await delay(150)
    expect(await read(b)).toBe('answer 2')
    expect(await read(a)).toBe('answer 2')
    expect(origin.requests).toHaveLength(2)
  })
})

describe('the answer in workerd', () => {
  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])(
    '%s from the origin is stored and sent without the coding, to those who cannot undo it too',
    async (coding, encode) => {
      const text = 'zipped '.repeat(100)
      const { origin, workerd } = await start((_, response) =>
        response
          .writeHead(200, { ...cacheable, 'content-type': 'text/plain', 'content-encoding': coding })
          .end(encode(text)),
      )
      for (const range of [undefined, undefined, 'bytes=0-5']) {
        const answer = await fetch(`${workerd.urls[0]}/items/1`, {
          headers: { 'accept-encoding': 'identity', ...(range !== undefined && { range }) },
        })
        expect(answer.headers.has('content-encoding')).toBe(false)
        expect(await answer.text()).toBe(range === undefined ? text : 'zipped')
      }
      expect(origin.requests).toHaveLength(1)
    },
  )

  test.each(['GZIP', 'x-gzip', 'gzip, br'])(
    '%s, which the runtime does not undo, is stored and sent with its name and its bytes',
    async (coding) => {
      const bytes = gzipSync('zipped '.repeat(100))
      const { origin, workerd } = await start((_, response) =>
        response.writeHead(200, { ...cacheable, 'content-encoding': coding }).end(bytes),
      )
      for (let read = 0; read < 2; read++) {
        const { headers, body } = await rawGet(`${workerd.urls[0]}/items/1`)
        expect([headers['content-encoding'], body]).toEqual([coding, bytes])
      }
      expect(origin.requests).toHaveLength(1)
    },
  )

  test('a coding that the runtime does not know passes through the store untouched', async () => {
    const { origin, workerd } = await start((_, response) =>
      response.writeHead(200, { ...cacheable, 'content-encoding': 'rot13' }).end('nafjre'),
    )
    for (let read = 0; read < 2; read++) {
      const answer = await fetch(`${workerd.urls[0]}/items/1`)
      expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual(['rot13', 'nafjre'])
    }
    expect(origin.requests).toHaveLength(1)
  })

  test('stands in when the origin hangs up', async () => {
    let isUp = true
    const { workerd } = await start((request, response) => {
      if (!isUp) return request.socket.destroy()
      return response
        .writeHead(200, { ...cacheable, 'cdn-cache-control': 'max-age=0, stale-if-error=600' })
        .end('old')
    })
    const url = `${workerd.urls[0]}/items/1`
    await (await fetch(url)).text()
    isUp = false
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([200, 'old'])
    expect(answer.headers.get('cache-status')).toContain('detail=stale-if-error')
  })
})
