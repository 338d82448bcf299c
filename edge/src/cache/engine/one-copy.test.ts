import { describe, expect, test } from 'vitest'
import {
  type Answer,
  Clock,
  cacheStatus,
  held,
  Isolate,
  json,
  ScriptedOrigin,
  StampShelf,
} from '../../../test/cache/support/cache-fixture.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Viewer } from './viewer.ts'

/** A document with a list of readers in its attributes; everybody else is told 404, as by our origin. */
const key = '/*/v1/items/1'
const field = 'spillway-rule-attributes'
const shared = {
  'cdn-cache-control': 'max-age=30, stale-while-revalidate=300, stale-if-error=3600',
  'cache-control': 'private, no-cache',
  'cache-tag': 'items:1',
}
const viewerOf = (name: string): Viewer => ({
  key: `/=${name}/v1/items/1`,
  mayShow: ({ readers }) => Array.isArray(readers) && readers.includes(name),
})

/** State of the origin, and the names of the callers who reached it. */
class Document extends ScriptedOrigin {
  readers: readonly string[]
  version = 1
  isThere = true
  hasAttributes = true
  isDown = false
  readonly askers: string[] = []

  constructor(...readers: string[]) {
    super(() => json(''))
    this.readers = readers
  }

  answerTo(name: string): Answer {
    return ({ validators }) => {
      this.askers.push(name)
      if (this.isDown) throw new Error('unreachable')
      if (!this.isThere || !this.readers.includes(name)) {
        return json(
          '{"code":"not-found"}',
          { 'cdn-cache-control': 'max-age=10', 'cache-tag': 'items:1' },
          404,
        )
      }
      const etag = `"${this.version}"`
      const fields = {
        ...shared,
        etag,
        ...(this.hasAttributes && { [field]: JSON.stringify({ readers: this.readers }) }),
      }
      return validators.some(([, value]) => value === etag)
        ? new Response(null, { status: 304, headers: fields })
        : json(`v${this.version}`, fields)
    }
  }
}

const ask = (
  isolate: Isolate,
  document: Document,
  name: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Response> => {
  const origin = new ScriptedOrigin(document.answerTo(name))
  const viewer = viewerOf(name)
  const request = new Request('https://api.test/v1/items/1', { method, headers })
  const fresh = isolate.cache.tryFresh(key, request, isolate.clock.now(), { viewer })
  return fresh === undefined ? isolate.get(origin, { key, method, headers, viewer }) : Promise.resolve(fresh)
}

const fieldsOf = ({ headers, status }: Response) => [
  status,
  ...[...headers].filter(([name]) => name !== 'date'),
]

describe('one copy of a document', () => {
  test('answers all whom its attributes admit, without telling the attributes', async () => {
    const isolate = new Isolate()
    const document = new Document('ann', 'bob')
    const first = await ask(isolate, document, 'ann')
    const second = await ask(isolate, document, 'bob')
    expect([cacheStatus(first), cacheStatus(second)]).toEqual([
      'Spillway; fwd=miss; fwd-status=200; stored',
      'Spillway; hit; ttl=30',
    ])
    expect([await first.text(), await second.text()]).toEqual(['v1', 'v1'])
    expect([first.headers.has(field), second.headers.has(field)]).toEqual([false, false])
    expect(document.askers).toEqual(['ann'])
  })

  test('is not there for others: their 404 is that of a document that does not exist', async () => {
    const isolate = new Isolate()
    const document = new Document('ann')
    const missing = new Document()
    const nowhere = new Isolate()
    await ask(isolate, document, 'ann')
    const requests = [
      {},
      { method: 'HEAD' },
      { headers: { 'if-none-match': '"1"' } },
      { headers: { 'if-none-match': '*' } },
      { headers: { range: 'bytes=0-1' } },
      { headers: { range: 'bytes=900-' } },
    ]
    // Each by one who has asked before, and as the first request of another.
    for (const [index, request] of requests.entries()) {
      for (const name of ['eve', `eve-${index}`]) {
        const hidden = await ask(isolate, document, name, request)
        const absent = await ask(nowhere, missing, name, request)
        expect(fieldsOf(hidden)).toEqual(fieldsOf(absent))
        expect([hidden.status, hidden.headers.has('etag')]).toEqual([404, false])
        expect(await hidden.text()).toBe(await absent.text())
      }
    }
    // Both were asked at the same moments, so that the time tells as little.
    expect(document.askers.filter((name) => name !== 'ann')).toHaveLength(missing.askers.length)
    isolate.clock.advance(11)
    nowhere.clock.advance(11)
    expect(fieldsOf(await ask(isolate, document, 'eve'))).toEqual(
      fieldsOf(await ask(nowhere, missing, 'eve')),
    )
    expect(document.askers.filter((name) => name !== 'ann')).toHaveLength(missing.askers.length)
    // Nor do they take the copy from those who are shown it.
    expect(cacheStatus(await ask(isolate, document, 'ann'))).toBe('Spillway; hit; ttl=19')
  })

  test('compares the entity tag of those alone who are shown it', async () => {
    const isolate = new Isolate()
    const document = new Document('ann', 'bob')
    await ask(isolate, document, 'ann')
    const headers = { 'if-none-match': '"1"' }
    expect((await ask(isolate, document, 'bob', { headers })).status).toBe(304)
    expect((await ask(isolate, document, 'bob', { headers: { range: 'bytes=0-0' } })).status).toBe(206)
    expect((await ask(isolate, document, 'eve', { headers })).status).toBe(404)
  })

  test('is asked for once where many wait, who may see it', async () => {
    const isolate = new Isolate()
    const document = new Document('ann', 'bob', 'cid')
    const gate = held()
    const origin = new ScriptedOrigin(gate.answer)
    const waiting = ['ann', 'bob', 'cid'].map((name) => isolate.get(origin, { key, viewer: viewerOf(name) }))
    await origin.asked(1)
    const answer = await document.answerTo('ann')({ validators: [] } as never)
    gate.release(() => answer)
    const answers = await Promise.all(waiting)
    expect(await Promise.all(answers.map((one) => one.text()))).toEqual(['v1', 'v1', 'v1'])
    expect(origin.requests).toBe(1)
  })

  test('is not shown to one who waits for the fetch of another', async () => {
    const isolate = new Isolate()
    const document = new Document('ann')
    const gate = held()
    const first = isolate.get(new ScriptedOrigin(gate.answer), { key, viewer: viewerOf('ann') })
    const other = ask(isolate, document, 'eve')
    const answer = await document.answerTo('ann')({ validators: [] } as never)
    gate.release(() => answer)
    expect([(await first).status, (await other).status]).toEqual([200, 404])
  })

  test('comes to those who wait for the fetch of one who may not see it', async () => {
    const isolate = new Isolate()
    const document = new Document('ann', 'bob')
    const gate = held()
    const first = isolate.get(new ScriptedOrigin(gate.answer), { key, viewer: viewerOf('eve') })
    const others = [ask(isolate, document, 'ann'), ask(isolate, document, 'bob')]
    const refusal = await document.answerTo('eve')({ validators: [] } as never)
    gate.release(() => refusal)
    expect((await first).status).toBe(404)
    for (const answer of await Promise.all(others)) expect(await answer.text()).toBe('v1')
  })

  test('ends when the origin tells one who was shown it something else, and when a purge says so', async () => {
    const isolate = new Isolate()
    const document = new Document('ann', 'bob')
    await ask(isolate, document, 'ann')
    document.readers = ['ann']
    document.version = 2
    isolate.clock.advance(400)
    expect((await ask(isolate, document, 'bob')).status).toBe(404)
    // A refresh for a caller without access has removed the stored copy.
    document.isDown = true
    await expect(ask(isolate, document, 'ann')).rejects.toThrow('unreachable')
    document.isDown = false
    expect(await (await ask(isolate, document, 'ann')).text()).toBe('v2')
    document.readers = ['bob']
    document.version = 3
    await isolate.cache.purge(['items:1'])
    expect((await ask(isolate, document, 'ann')).status).toBe(404)
    expect(await (await ask(isolate, document, 'bob')).text()).toBe('v3')
  })

  test('stands in for an error to those who are shown it, and to nobody else', async () => {
    const isolate = new Isolate()
    const document = new Document('ann', 'bob')
    await ask(isolate, document, 'ann')
    document.isDown = true
    isolate.clock.advance(400)
    expect(await (await ask(isolate, document, 'bob')).text()).toBe('v1')
    await expect(ask(isolate, document, 'eve')).rejects.toThrow('unreachable')
    const call = (name: string) => ({
      key,
      request: new Request('https://api.test/v1/items/1'),
      viewer: viewerOf(name),
    })
    expect((await isolate.cache.serveStored(call('bob')))?.status).toBe(200)
    expect(await isolate.cache.serveStored(call('eve'))).toBeUndefined()
  })

  test('is refreshed in the background with new attributes, by a 304, too', async () => {
    const isolate = new Isolate()
    const document = new Document('ann')
    await ask(isolate, document, 'ann')
    // The same version under another rule.
    document.readers = ['ann', 'bob']
    isolate.clock.advance(31)
    expect(await (await ask(isolate, document, 'ann')).text()).toBe('v1')
    await isolate.settle()
    expect(cacheStatus(await ask(isolate, document, 'bob'))).toMatch(/^Spillway; hit/)
    expect(document.askers).toEqual(['ann', 'ann'])
  })

  test('is no copy without attributes: such an answer is for callers of the same key', async () => {
    const isolate = new Isolate()
    const document = new Document('ann', 'bob')
    document.hasAttributes = false
    await ask(isolate, document, 'ann')
    expect(cacheStatus(await ask(isolate, document, 'ann'))).toMatch(/hit/)
    expect(cacheStatus(await ask(isolate, document, 'bob'))).toMatch(/fwd=miss/)
    expect((await ask(isolate, document, 'eve')).status).toBe(404)
    // The first answer of a newer origin, even a 304, makes it one.
    document.hasAttributes = true
    isolate.clock.advance(400)
    await ask(isolate, document, 'ann')
    isolate.clock.advance(1)
    expect(cacheStatus(await ask(isolate, document, 'bob'))).toBe('Spillway; hit; ttl=29')
    // An older origin that confirms it leaves it as it is, and one with a newer version ends it.
    document.hasAttributes = false
    isolate.clock.advance(400)
    expect(cacheStatus(await ask(isolate, document, 'bob'))).toMatch(/fwd-status=304/)
    expect(cacheStatus(await ask(isolate, document, 'ann'))).toMatch(/hit/)
    document.version = 2
    isolate.clock.advance(400)
    expect(await (await ask(isolate, document, 'bob')).text()).toBe('v2')
    expect(await (await ask(isolate, document, 'ann')).text()).toBe('v2')
  })

  test.each(['[]', 'null', '"ann"', '{', ''])('is none where the attributes are %j', async (text) => {
    const isolate = new Isolate()
    const odd = new ScriptedOrigin(() => json('secret', { ...shared, etag: '"1"', [field]: text }))
    const everybody = { key: '/=ann', mayShow: () => true }
    await isolate.get(odd, { key, viewer: everybody })
    await isolate.get(odd, { key, viewer: { ...everybody, key: '/=eve' } })
    expect(odd.requests).toBe(2)
  })

  test('is shared through the data centre, and judged there', async () => {
    const clock = new Clock()
    const options = {
      clock,
      shelf: new StampShelf(),
      shared: new MemoryStore({ bytesMax: 1_000_000, countMax: 100 }),
    }
    const [a, b] = [new Isolate(options), new Isolate(options)]
    const document = new Document('ann', 'bob')
    await ask(a, document, 'ann')
    await a.settle()
    expect((await ask(b, document, 'eve')).status).toBe(404)
    await b.settle()
    expect(cacheStatus(await ask(b, document, 'bob'))).toMatch(/^Spillway; hit/)
    expect(document.askers).toEqual(['ann', 'eve'])
    // The 404 is shared, too: among callers of the same key.
    const c = new Isolate(options)
    expect(cacheStatus(await ask(c, document, 'eve'))).toMatch(/^Spillway; hit/)
    expect(document.askers).toEqual(['ann', 'eve'])
  })
})
