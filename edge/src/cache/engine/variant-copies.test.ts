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
import type { Viewer } from './viewer.ts'

/**
 * A document of which its owner is shown a field that others are not: a copy for each of the two. `hidden` in the attributes
 * says which one an answer is, as our origin does.
 */
const less = '/*-secret/v1/items/1'
const whole = '/*/v1/items/1'
const field = 'spillway-rule-attributes'
const keyOf = (hidden: unknown) => (hidden === true ? less : whole)

/** Callers named `admin` are always shown the whole, and `nobody` never is. */
const viewerOf = (name: string): Viewer & { readonly first: string } => {
  const isHidden = (owner: unknown) => name !== 'admin' && name !== owner
  return {
    first: name === 'admin' ? whole : less,
    key: `/+${name}/v1/items/1`,
    otherKeys: name === 'admin' || name === 'nobody' ? [] : [whole],
    keyOf: ({ hidden }) => (hidden === undefined ? `/+${name}/v1/items/1` : keyOf(hidden)),
    keyShown: ({ owner }) => keyOf(isHidden(owner)),
    mayShow: ({ owner, hidden }) => hidden === isHidden(owner),
  }
}

class Document {
  owner = 'ann'
  version = 1
  tellsHidden = true
  isDown = false
  readonly askers: string[] = []

  answer(name: string, validators: readonly (readonly [string, string])[]): Response {
    this.askers.push(name)
    if (this.isDown) throw new Error('unreachable')
    const hidden = name !== 'admin' && name !== this.owner
    const etag = `"${this.version}${hidden ? '-secret' : ''}"`
    const headers = {
      'cdn-cache-control': 'max-age=30, stale-while-revalidate=300, stale-if-error=3600',
      'cache-control': 'private, no-cache',
      'cache-tag': 'items:1',
      etag,
      [field]: JSON.stringify({ owner: this.owner, ...(this.tellsHidden && { hidden }) }),
    }
    return validators.some(([, value]) => value === etag)
      ? new Response(null, { status: 304, headers })
      : json(hidden ? `v${this.version}` : `v${this.version} secret`, headers)
  }
}

const ask = (isolate: Isolate, document: Document, name: string): Promise<Response> => {
  const viewer = viewerOf(name)
  const request = new Request('https://api.test/v1/items/1')
  const fresh = isolate.cache.tryFresh(viewer.first, request, isolate.clock.now(), { viewer })
  if (fresh !== undefined) return Promise.resolve(fresh)
  const origin = new ScriptedOrigin(({ validators }) => document.answer(name, validators))
  return isolate.get(origin, { key: viewer.first, viewer })
}
const read = async (isolate: Isolate, document: Document, name: string) =>
  await (await ask(isolate, document, name)).text()

describe('copies of a document without some of its fields', () => {
  test.each([
    [
      ['bob', 'cid', 'nobody', 'ann', 'admin'],
      ['bob', 'ann'],
    ],
    [
      ['ann', 'admin', 'nobody', 'bob', 'cid'],
      ['ann', 'nobody'],
    ],
    [
      ['admin', 'bob', 'ann', 'cid', 'nobody'],
      ['admin', 'bob'],
    ],
  ])('are one for each set of fields, asked for in the order %j', async (names, askers) => {
    const isolate = new Isolate()
    const document = new Document()
    for (const name of [...names, ...names]) {
      expect([name, await read(isolate, document, name)]).toEqual([
        name,
        ['ann', 'admin'].includes(name) ? 'v1 secret' : 'v1',
      ])
    }
    expect(document.askers).toEqual(askers)
  })

  test('are shared through the data centre, and judged there', async () => {
    const clock = new Clock()
    const shared = new MemoryStore({ bytesMax: 1_000_000, countMax: 100 })
    const options = { clock, shelf: new StampShelf(), shared }
    const [a, b, c] = [new Isolate(options), new Isolate(options), new Isolate(options)]
    const document = new Document()
    expect(await read(a, document, 'ann')).toBe('v1 secret')
    await a.settle()
    // The one copy that is stored is not for those who look there first.
    expect(await read(b, document, 'bob')).toBe('v1')
    await b.settle()
    expect(await read(c, document, 'ann')).toBe('v1 secret')
    expect(await read(c, document, 'cid')).toBe('v1')
    expect(document.askers).toEqual(['ann', 'bob'])
  })

  test('are not shown by what they were, once the document has another owner', async () => {
    const isolate = new Isolate()
    const document = new Document()
    for (const name of ['ann', 'bob']) await ask(isolate, document, name)
    document.owner = 'bob'
    document.version = 2
    await isolate.cache.purge(['items:1'])
    expect(await read(isolate, document, 'ann')).toBe('v2')
    expect(await read(isolate, document, 'bob')).toBe('v2 secret')
    expect(await read(isolate, document, 'cid')).toBe('v2')
    expect(document.askers.slice(2)).toEqual(['ann', 'bob'])
  })

  test('end when their reader is told something else, with no purge', async () => {
    const isolate = new Isolate()
    const document = new Document()
    for (const name of ['ann', 'bob']) await ask(isolate, document, name)
    document.owner = 'bob'
    document.version = 2
    isolate.clock.advance(400)
    // Ann was shown the whole, and is told less.
    expect(await read(isolate, document, 'ann')).toBe('v2')
    document.isDown = true
    await expect(ask(isolate, document, 'admin')).rejects.toThrow('unreachable')
    expect(await read(isolate, document, 'cid')).toBe('v2')
  })

  test('stand in for an error to those who were shown the same', async () => {
    const isolate = new Isolate()
    const document = new Document()
    await ask(isolate, document, 'ann')
    document.isDown = true
    isolate.clock.advance(400)
    expect(await read(isolate, document, 'admin')).toBe('v1 secret')
    for (const name of ['bob', 'nobody']) await expect(ask(isolate, document, name)).rejects.toThrow()
    const call = (name: string) => {
      const viewer = viewerOf(name)
      return isolate.cache.serveStored({
        key: viewer.first,
        viewer,
        request: new Request('https://api.test/v1/items/1'),
      })
    }
    expect([(await call('ann'))?.status, await call('bob')]).toEqual([200, undefined])
  })

  test('are not given to those who wait for the fetch of a caller who is shown more', async () => {
    const isolate = new Isolate()
    const document = new Document()
    const gate = held()
    const names = ['ann', 'bob', 'cid', 'nobody']
    const leader = viewerOf('ann')
    const first = isolate.get(new ScriptedOrigin(gate.answer), { key: leader.first, viewer: leader })
    const others = names.slice(1).map((name) => read(isolate, document, name))
    gate.release(() => document.answer('ann', []))
    expect(await (await first).text()).toBe('v1 secret')
    expect(await Promise.all(others)).toEqual(['v1', 'v1', 'v1'])
    // They waited for one fetch more, of one of them.
    expect(document.askers).toHaveLength(2)
  })

  test('are none in front of an origin that does not tell what an answer lacks', async () => {
    const isolate = new Isolate()
    const document = new Document()
    document.tellsHidden = false
    for (const name of ['ann', 'bob', 'cid', 'ann', 'bob', 'cid']) {
      expect(await read(isolate, document, name)).toBe(name === 'ann' ? 'v1 secret' : 'v1')
    }
    expect(document.askers).toEqual(['ann', 'bob', 'cid'])
    // The first answer that tells it is a copy for all.
    document.tellsHidden = true
    isolate.clock.advance(400)
    for (const name of ['bob', 'nobody', 'admin']) await ask(isolate, document, name)
    expect(document.askers.slice(3)).toEqual(['bob', 'admin'])
  })

  test('are refreshed by a 304 to what the rule says now', async () => {
    const isolate = new Isolate()
    const document = new Document()
    await ask(isolate, document, 'ann')
    isolate.clock.advance(31)
    expect(cacheStatus(await ask(isolate, document, 'ann'))).toMatch(/^Spillway; hit/)
    await isolate.settle()
    expect(cacheStatus(await ask(isolate, document, 'admin'))).toBe('Spillway; hit; ttl=30')
    expect(document.askers).toEqual(['ann', 'ann'])
  })
})
