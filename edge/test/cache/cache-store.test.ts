import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CacheStore } from '../../src/cache/store/cache-store.ts'
import { MemoryStore } from '../../src/cache/store/memory-store.ts'
import type { StoredAnswer } from '../../src/cache/store/stored-record.ts'
import { WorkersCacheStore } from '../../src/cache/store/workers-cache-store.ts'
import { startWorkerd, type Workerd } from './support/workerd.ts'

const answer: StoredAnswer = {
  kind: 'answer',
  status: 404,
  headers: [
    ['content-type', 'application/json'],
    ['set-cookie', 'a=b'],
    ['set-cookie', 'c=d'],
    ['vary', '*'],
    ['cache-control', 'private, no-store'],
  ],
  body: new Uint8Array([0, 255, 123]),
  requestedAtMs: 1_767_225_600_000,
  receivedAtMs: 1_767_225_600_123,
  tags: ['items:1', 'items:*:user%2F1'],
  stampIds: ['a/b', null],
}

/** One suite, run against every store. */
function cacheStoreTests(name: string, open: () => CacheStore): void {
  describe(name, () => {
    test('returns a stored record, field for field and byte for byte', async () => {
      const store = open()
      await store.put('/v1/items/1?a=ü b', answer, 60)
      expect(await store.get('/v1/items/1?a=ü b')).toEqual(answer)
    })

    test('keeps an answer without a body apart from one with an empty body', async () => {
      const store = open()
      await store.put('none', { ...answer, status: 204, body: null }, 60)
      await store.put('empty', { ...answer, body: new Uint8Array() }, 60)
      expect(await store.get('none')).toMatchObject({ status: 204, body: null })
      expect(await store.get('empty')).toMatchObject({ body: new Uint8Array() })
    })

    test('keeps the names of variants, and keys with line feeds apart', async () => {
      const store = open()
      await store.put('key', { kind: 'variants', names: ['accept', 'foo'] }, 60)
      await store.put('key\nfoo=1\n', answer, 60)
      expect(await store.get('key')).toEqual({ kind: 'variants', names: ['accept', 'foo'] })
      expect(await store.get('key\nfoo=1\n')).toMatchObject({ kind: 'answer' })
    })

    test('replaces a record, and returns none for other keys', async () => {
      const store = open()
      await store.put('a', answer, 60)
      await store.put('a', { ...answer, status: 200 }, 60)
      expect(await store.get('a')).toMatchObject({ status: 200 })
      expect([await store.get('A'), await store.get('b')]).toEqual([undefined, undefined])
    })
  })
}

cacheStoreTests('memory', () => new MemoryStore({ bytesMax: 1_000_000, countMax: 100 }))

describe('in workerd', () => {
  let workerd: Workerd
  let opened = 0
  beforeAll(async () => {
    workerd = await startWorkerd({ entry: 'pass-through-worker.ts' })
  })
  afterAll(() => workerd.stop())

  cacheStoreTests('Workers Cache API', () => {
    opened++
    return new WorkersCacheStore(workerd.cacheApi, `https://api.test/.cache-${opened}/`)
  })

  test('ignores a record of another version or in another format', async () => {
    const store = new WorkersCacheStore(workerd.cacheApi, 'https://api.test/.foreign/')
    for (const [key, body] of [
      ['text', 'hello, this is no record at all'],
      ['short', 'x'],
      ['version', '\0\0\0\u0004[99]'],
    ] as const) {
      await workerd.cacheApi.put(
        `https://api.test/.foreign/${key}`,
        new Response(body, { headers: { 'cache-control': 'max-age=60' } }),
      )
      expect(await store.get(key)).toBeUndefined()
    }
  })
})
