import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestSystem, type TestSystem } from '@spillway/infra/local/test-system'
import { root } from '@spillway/origin/dev/folders'
import { startTestApi, type TestApi } from '@spillway/origin/testing'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { application } from '../application/index.ts'
import { bookings } from '../application/resources/bookings.ts'
import { listings } from '../application/resources/listings.ts'
import { server } from '../application/server/index.ts'

/** The marketplace, by the kits that a team tests its application with. */

const mill = {
  ...{ title: 'Mill', description: 'Quiet.', city: 'Delft', priceCents: 9_000, guestsMax: 4 },
  location: { type: 'Point' as const, coordinates: [4.36, 52.01] as [number, number] },
  status: 'published' as const,
}
const stay = { startsOn: '2027-05-01', endsOn: '2027-05-04', guests: 2 }

describe('its origin alone', () => {
  let api: TestApi<typeof application>
  beforeAll(async () => {
    api = await startTestApi({ application, server, startsAt: '2027-04-01T00:00:00Z' })
  })
  afterAll(() => api?.stop())
  const as = (subject: string) => api.as({ subject }).v1

  it('follows a booking from the request to the review', async () => {
    const listing = await as('hanna').listings.create(mill)
    const { id } = (await as('gina').listings.action('book', listing.document.id, stay))?.document ?? {
      id: '',
    }
    await expect(as('gina').bookings.action('accept', id)).rejects.toMatchObject({ status: 403 })
    await as('hanna').bookings.action('accept', id)
    await expect(as('gus').bookings.read(id)).rejects.toMatchObject({ code: 'not-found' })
    const events = (await api.events()).filter((event) => event.resource === 'bookings')
    expect(events.map(({ type, by, changed }) => [type, by, changed])).toEqual([
      ['created', 'gina', undefined],
      ['updated', 'hanna', ['status']],
    ])
  })

  it('reviews a stay that no test could reach in time', async () => {
    const { id: listingId } = await api.insert(listings, {
      ...{ ...mill, hostId: 'hanna', ratingCount: 0, ratingSum: 0, rating: 0 },
    })
    const { id } = await api.insert(bookings, {
      ...{ ...stay, listingId, guestId: 'gina', hostId: 'hanna', nights: 3, totalCents: 27_000 },
      status: 'paid',
    })
    await expect(as('hanna').bookings.action('complete', id)).rejects.toMatchObject({ reason: 'not-begun' })
    api.clock.advance('40d')
    await as('hanna').bookings.action('complete', id)
    api.purged.length = 0
    await as('gina').bookings.action('review', id, { stars: 4, text: 'Quiet.' })
    expect(api.purged).toContain(`listings:${listingId}`)
    expect((await as('gus').listings.read(listingId)).document.rating).toBe(4)
  })
})

describe('the whole system', () => {
  let system: TestSystem<typeof application>
  beforeAll(async () => {
    system = await startTestSystem({ application: 'bench/marketplace', databaseUri: inject('databaseUri') })
  })
  afterAll(() => system?.[Symbol.asyncDispose]())

  it('serves a listing from the cache until its host changes it', async () => {
    const hanna = system.as({ subject: 'hanna' }).v1.listings
    const made = await hanna.create(mill)
    const path = `/v1/listings/${made.document.id}`
    await system.fetch(path)
    expect((await system.fetch(path)).headers.get('cache-status')).toContain('hit')
    await hanna.patch(made, { priceCents: 8_000 })
    expect((await system.as().v1.listings.read(made.document.id)).document.priceCents).toBe(8_000)
  })

  it('knows an administrator by the claims of their token', async () => {
    const { document } = await system
      .as({ subject: 'hanna' })
      .v1.listings.create({ ...mill, status: 'draft' })
    const read = (claims: Record<string, unknown>) =>
      system.as({ subject: 'ada', claims }).v1.listings.read(document.id)
    expect((await read({ roles: ['admin'] })).document.title).toBe('Mill')
    await expect(read({})).rejects.toMatchObject({ code: 'not-found' })
  })
})

it('the page of the test kits shows the tests of the whole system as they are', () => {
  const test = readFileSync(join(import.meta.dirname, 'kits.test.ts'), 'utf8')
  const page = readFileSync(join(root, 'origin/docs/testing.md'), 'utf8')
  const [, shown = ''] =
    /describe\('the whole system'[\s\S]*?( {2}it\('serves a listing[\s\S]*?\n {2}}\)\n)/.exec(test) ?? []
  expect(page).toContain(shown.replaceAll(/^ {2}/gm, ''))
})
