import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../../test/support/app.ts'
import { editor } from '../../test/support/client.ts'
import { placeV2 } from '../../test/support/samples.ts'
import { application } from '../index.ts'
import { server } from '../server/index.ts'

let origin: TestApp
let path: string
beforeAll(async () => {
  origin = await startTestApp({ application, server })
  const { headers } = await origin.send('POST', '/v2/places', { as: editor, body: placeV2 })
  path = String(headers.location)
})
afterAll(() => origin.stop())

const adjust = (by: number) => origin.send('POST', `${path}/adjust-population`, { as: editor, body: { by } })

it('adds to the place’s current population', async () => {
  const before = placeV2.population
  const answers = await Promise.all([adjust(5), adjust(-2)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  expect((await origin.send('GET', path)).json.population).toBe(before + 3)
})

it('refuses a population out of range', async () => {
  const { status, json } = await adjust(-50_000_000)
  expect([status, json.code, json.reason]).toEqual([409, 'conflict', 'out-of-range'])
})
