import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { boundedCache, LateLookUp, matchWaitMs } from './bounded-cache.ts'
import type { CacheApi } from './workers-cache-store.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const holding = (match: CacheApi['match']): CacheApi => ({ match, put: async () => {} })
const never = <T>(): Promise<T> => new Promise<T>(() => {})

test('returns a stored response whole, and undefined for a missing one', async () => {
  const cache = boundedCache(
    holding(async (url) => (url === 'https://a/' ? new Response('stored') : undefined)),
  )
  expect(await (await cache.match('https://a/'))?.text()).toBe('stored')
  expect(await cache.match('https://b/')).toBeUndefined()
})

test.each([
  ['a look-up that does not come back', () => never<Response | undefined>()],
  ['a body that stalls', async () => new Response(new ReadableStream({ pull: () => never<void>() }))],
])('%s is late, which is not absent', async (_, match) => {
  const found = expect(boundedCache(holding(match)).match('https://a/')).rejects.toThrow(LateLookUp)
  await vi.advanceTimersByTimeAsync(matchWaitMs)
  await found
})
