import { expect, test } from 'vitest'
import { held, Isolate, json, ScriptedOrigin } from '../../../test/cache/support/cache-fixture.ts'

const key = '/v1/items/1'
const request = () => new Request(`https://api.test${key}`)
const item = (fields: Record<string, string> = {}) =>
  json('one', {
    'cdn-cache-control': 'max-age=30, stale-while-revalidate=300, stale-if-error=3600',
    'cache-tag': 'items:1',
    etag: '"one"',
    ...fields,
  })
const warm = (isolate: Isolate, { forward }: ScriptedOrigin) =>
  isolate.cache.warm({ request: request(), key, forward, waitUntil: () => {} })

test('fetches what is not stored, as a background request, for the next reader', async () => {
  const isolate = new Isolate()
  const origin = new ScriptedOrigin(() => item())
  expect(await warm(isolate, origin)).toBe('warmed')
  expect(origin.orders).toEqual([expect.objectContaining({ background: true, keepConditions: false })])
  expect(isolate.cache.tryFresh(key, request(), isolate.clock.now())?.status).toBe(200)
  expect(await warm(isolate, origin)).toBe('held')
  expect(origin.requests).toBe(1)
})

test('leaves a stored answer alone while it may be served, and validates a purged one', async () => {
  const isolate = new Isolate()
  const origin = new ScriptedOrigin(() => item())
  await isolate.get(origin)
  isolate.clock.advance(100)
  expect(await warm(isolate, origin)).toBe('held')
  await isolate.cache.purge(['items:1'])
  origin.answer = () => new Response(null, { status: 304, headers: { etag: '"one"' } })
  expect(await warm(isolate, origin)).toBe('warmed')
  expect(origin.orders.at(-1)?.validators).toEqual([['if-none-match', '"one"']])
})

test('shares its fetch with the readers that come meanwhile, and starts none beside theirs', async () => {
  const isolate = new Isolate()
  const { answer, release } = held()
  const origin = new ScriptedOrigin(answer)
  const warmed = [warm(isolate, origin)]
  await origin.asked(1)
  const reader = isolate.get(origin)
  expect(await warm(isolate, origin)).toBe('held')
  release(() => item())
  expect([await Promise.all(warmed), await (await reader).text()]).toEqual([['warmed'], 'one'])
  expect(origin.requests).toBe(1)
})

test('a reader who waits for one that is refused asks for itself', async () => {
  const isolate = new Isolate()
  const { answer, release } = held()
  const origin = new ScriptedOrigin((order) => (order.background ? answer(order) : item()))
  const warmed = warm(isolate, origin)
  await origin.asked(1)
  const reader = isolate.get(origin)
  release(() => json('busy', {}, 503))
  expect([await warmed, (await reader).status]).toEqual(['refused', 200])
})

test('rests after a refusal', async () => {
  const isolate = new Isolate()
  const origin = new ScriptedOrigin(() => Promise.reject(new Error('shed')))
  expect(await warm(isolate, origin)).toBe('refused')
  expect(await warm(isolate, origin)).toBe('held')
  expect(origin.requests).toBe(1)
  isolate.clock.advance(2)
  origin.answer = () => item()
  expect(await warm(isolate, origin)).toBe('warmed')
})
