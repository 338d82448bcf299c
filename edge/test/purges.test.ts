import { createHmac } from 'node:crypto'
import { purgeBody, purgeCall, purgeSignature, signedText } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Edge, startTestEdge } from './support/edge.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

const [key, next] = ['k'.repeat(43), 'n'.repeat(43)]
let origin: ScriptedOrigin
let edge: Edge
let closed: Edge
let population = 1
/** A quota that the reads of this file do not exhaust, and its purges would. */
const variables = { PURGE_KEY: `${next},${key}`, RATE_LIMIT: '{"limit":20,"periodSeconds":60}' }

beforeAll(async () => {
  origin = await startScriptedOrigin()
  edge = await startTestEdge({ origins: [origin], variables })
  closed = await startTestEdge({ origins: [origin] })
  origin.answer((seen, response, number) => {
    const id = seen.url.split('/').at(-1) ?? ''
    return storable({ population }, { 'cache-tag': `places:${id}` })(seen, response, number)
  })
})
afterAll(async () => {
  await edge.stop()
  await closed.stop()
  await origin.stop()
})

const now = () => Math.floor(Date.now() / 1_000)
const sign = (body: string, { by = key, seconds = now() } = {}) =>
  purgeSignature(seconds, createHmac('sha256', by).update(signedText(seconds, body)).digest('hex'))
const post = (body: string, signature: string | undefined, at = edge) =>
  at.fetch(purgeCall.path, {
    method: 'POST',
    body,
    headers: signature === undefined ? {} : { [purgeCall.signature]: signature },
  })
const read = async (path: string) => (await edge.fetch(path)).json()

it('an origin purges what it has changed, by either key, without a quota', async () => {
  for (const by of [key, next]) {
    const id = crypto.randomUUID()
    population = 1
    expect(await read(`/v2/places/${id}`)).toEqual({ population: 1 })
    population = 2
    expect(await read(`/v2/places/${id}`)).toEqual({ population: 1 })
    const body = purgeBody([`places:${id}`])
    expect((await post(body, sign(body, { by }))).status).toBe(204)
    expect(await read(`/v2/places/${id}`)).toEqual({ population: 2 })
  }
  for (let count = 0; count < 40; count += 1)
    expect((await post(purgeBody([]), sign(purgeBody([])))).status).toBe(204)
})

it.each<[string, string, () => string | undefined]>([
  ['no signature', purgeBody(['a']), () => undefined],
  ['a signature by another key', purgeBody(['a']), () => sign(purgeBody(['a']), { by: 'x'.repeat(43) })],
  ['the signature of another body', purgeBody(['a']), () => sign(purgeBody(['b']))],
  ['an old signature', purgeBody(['a']), () => sign(purgeBody(['a']), { seconds: now() - 120 })],
  ['a signature of the future', purgeBody(['a']), () => sign(purgeBody(['a']), { seconds: now() + 120 })],
  ['a signature of another form', purgeBody(['a']), () => `${sign(purgeBody(['a']))},v1=00`],
  ['a body that is too large', 'x'.repeat(200_000), () => sign('x'.repeat(200_000))],
])('%s purges nothing: 403', async (_, body, signature) => {
  const answer = await post(body, signature())
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, 'forbidden'])
})

it.each(['[]', 'x', '{"tags":[1]}', JSON.stringify({ tags: Array.from({ length: 101 }, String) })])(
  'a signed body that lists no tags is refused: %.20s',
  async (body) => {
    expect((await post(body, sign(body))).status).toBe(400)
  },
)

it('without a key there is no such path', async () => {
  const body = purgeBody(['a'])
  expect((await post(body, sign(body), closed)).status).toBe(404)
  expect((await edge.fetch(purgeCall.path)).status).toBe(404)
})
