import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CacheApi } from '../cache/index.ts'
import { boundedCache, matchWaitMs } from './bounded-cache.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const holding = (match: CacheApi['match']): CacheApi => ({ match, put: async () => {} })
const never = <T>(): Promise<T> => new Promise<T>(() => {})

test('what is there is given whole', async () => {
  const cache = boundedCache(holding(async () => new Response('stored')))
  expect(await (await cache.match('https://a/'))?.text()).toBe('stored')
})

test.each([
  ['a look-up that does not come back', () => never<Response | undefined>()],
  ['a body that stalls', async () => new Response(new ReadableStream({ pull: () => never<void>() }))],
])('%s is as good as nothing', async (_, match) => {
  const found = boundedCache(holding(match)).match('https://a/')
  await vi.advanceTimersByTimeAsync(matchWaitMs)
  expect(await found).toBeUndefined()
})
