import type { Welcome } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../../test/support/app.ts'
import { application } from '../index.ts'
import { server } from '../server/index.ts'
import { tools } from '../tools.ts'

const { subject, scopes, requests } = tools.welcome as Welcome
let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ application, server })
})
afterAll(() => origin.stop())

it.each(requests)('the welcome request to $path succeeds', async ({ path, signedIn, body }) => {
  const as = signedIn ? { subject, scopes } : undefined
  const answer = await origin.send(body === undefined ? 'GET' : 'POST', path, { as, body })
  expect(answer.status, answer.text).toBe(body === undefined ? 200 : 201)
})

it('the welcome requests list the largest places first, and the caller’s own documents', async () => {
  const paths = requests.map(({ path }) => path)
  expect(paths).toContain('/v2/places?countryCode=FR&sort=-population&limit=3')
  const { json } = await origin.send('GET', paths.at(-1) as string, { as: { subject, scopes } })
  expect(json.items).toMatchObject([{ title: 'Lisbon' }])
})
