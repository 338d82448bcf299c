import { expect, test } from 'vitest'
import { MemoryStore } from './memory-store.ts'
import type { StoredAnswer } from './stored-record.ts'

const answer = (tags: string[], bytes = 0): StoredAnswer => ({
  kind: 'answer',
  status: 200,
  headers: [],
  body: new Uint8Array(bytes),
  requestedAtMs: 0,
  receivedAtMs: 0,
  tags,
})

test('drops only the records with a tag', () => {
  const store = new MemoryStore({ bytesMax: 1e6, countMax: 10 })
  store.put('a', answer(['x', 'y']))
  store.put('b', answer(['y']))
  store.put('c', answer(['z']))
  expect(store.dropTag('y')).toBe(2)
  expect(store.dropTag('y')).toBe(0)
  expect(store.dropTag('x')).toBe(0)
  expect([store.size, store.get('c')?.kind]).toEqual([1, 'answer'])
})

test('a replaced record has only the tags of its new answer', () => {
  const store = new MemoryStore({ bytesMax: 1e6, countMax: 10 })
  store.put('a', answer(['x']))
  store.put('a', answer(['y']))
  expect(store.dropTag('x')).toBe(0)
  expect(store.dropTag('y')).toBe(1)
})

test('an evicted record is no longer found by tag', () => {
  const store = new MemoryStore({ bytesMax: 1e6, countMax: 1 })
  store.put('a', answer(['x']))
  store.put('b', answer(['x']))
  expect(store.dropTag('x')).toBe(1)
})

test('counts bodies against its bytes', () => {
  const store = new MemoryStore({ bytesMax: 10_000, countMax: 10 })
  store.put('a', answer([], 6000))
  store.put('b', answer([], 6000))
  expect([store.size, store.get('a')]).toEqual([1, undefined])
  store.put('c', answer([], 20_000))
  expect(store.get('c')).toBeUndefined()
})
