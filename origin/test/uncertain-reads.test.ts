import { headers as names } from '@spillway/origin/contract'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/app.ts'
import { editor } from './support/client.ts'
import { advisory } from './support/samples.ts'

/** Simulates a change of primary: a read may have missed the newest acknowledged write. */
let isCertain = true
let origin: TestApp
let path: string
beforeAll(async () => {
  origin = await startTestApp({ isCertain: () => isCertain })
  const { headers } = await origin.send('POST', '/v2/advisories', { as: editor, body: advisory() })
  path = headers.location as string
})
afterAll(() => origin.stop())
beforeEach(() => {
  isCertain = false
})

const edgeControl = 'cdn-cache-control'
const forNobodyElse = 'max-age=0, stale-while-revalidate=0, stale-if-error=0'

it('a read that may be outdated is answered, and not stored by the edge', async () => {
  for (const read of [path, '/v2/advisories']) {
    const answer = await origin.send('GET', read, { as: editor })
    expect([answer.status, answer.headers[edgeControl]]).toEqual([200, forNobodyElse])
    const condition = { 'if-none-match': answer.headers.etag as string }
    const unchanged = await origin.send('GET', read, { as: editor, headers: condition })
    expect([unchanged.status, unchanged.headers[edgeControl]]).toEqual([304, forNobodyElse])
    isCertain = true
    expect((await origin.send('GET', read, { as: editor })).headers[edgeControl]).toMatch(/^max-age=[1-9]/)
    isCertain = false
  }
})

it('a 404 that may be wrong is not stored', async () => {
  const absent = `${path.slice(0, -1)}${path.endsWith('0') ? '1' : '0'}`
  const answer = await origin.send('GET', absent, { as: editor })
  expect([answer.status, answer.headers[edgeControl]]).toEqual([404, 'no-store'])
})

it('a write is asked to retry instead of refused by a document that may be outdated', async () => {
  const stale = { 'if-match': '"7"' }
  for (const [method, body] of [
    ['PUT', advisory()],
    ['PATCH', { title: 'x' }],
    ['DELETE', undefined],
  ] as const) {
    const answer = await origin.send(method, path, { as: editor, body, headers: stale })
    expect([method, answer.status, answer.json.code]).toEqual([method, 503, 'database-unavailable'])
    expect(answer.headers[names.purgeTag]).toBeUndefined()
    isCertain = true
    const refused = await origin.send(method, path, { as: editor, body, headers: stale })
    expect([method, refused.status]).toEqual([method, 412])
    expect(refused.headers.etag).toMatch(/^"1[."]/)
    isCertain = false
  }
})

it('a write whose condition holds is done, because the database checks the version', async () => {
  const answer = await origin.send('PATCH', path, {
    as: editor,
    body: { title: 'Black ice' },
    headers: { 'if-match': '"1"' },
  })
  expect([answer.status, answer.json.title]).toEqual([200, 'Black ice'])
})
