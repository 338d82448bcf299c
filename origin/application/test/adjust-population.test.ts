import { startTestApi, type TestApi } from '@spillway/origin/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { application } from '../index.ts'
import { places } from '../resources/places.ts'
import { server } from '../server/index.ts'

let api: TestApi<typeof application>
let id: string
const population = 522_250

beforeAll(async () => {
  api = await startTestApi({ application, server })
  const lyon = {
    name: 'Lyon',
    countryCode: 'FR',
    kind: 'city' as const,
    population,
    latitude: 45.75,
    longitude: 4.85,
  }
  id = (await api.insert(places, lyon)).id
})
afterAll(() => api?.stop())

const adjust = (by: number) =>
  api.as({ subject: 'ed', scopes: ['places:write'] }).v2.places.action('adjust-population', id, { by })

it('adds to the place’s current population, and purges what shows it', async () => {
  await Promise.all([adjust(5), adjust(-2)])
  const { document } = await api.as().v2.places.read(id)
  expect(document.population).toBe(population + 3)
  expect(api.purged).toContain(`places:${id}`)
})

it('refuses a population out of range', async () => {
  await expect(adjust(-50_000_000)).rejects.toMatchObject({ code: 'conflict', reason: 'out-of-range' })
})

it('refuses callers without the scope', async () => {
  const change = (caller?: { subject: string }) =>
    api.as(caller).v2.places.action('adjust-population', id, { by: 1 })
  await expect(change({ subject: 'eve' })).rejects.toMatchObject({ code: 'insufficient-scope' })
  await expect(change()).rejects.toMatchObject({ code: 'unauthenticated' })
})
