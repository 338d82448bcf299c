import { type FailedWork, startTestApi, type TestApi } from '@spillway/origin/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { application } from '../application/index.ts'
import { bookings } from '../application/resources/bookings.ts'
import { listings } from '../application/resources/listings.ts'
import { server } from '../application/server/index.ts'

/** The marketplace's handler and its job, by the test kit. */

let api: TestApi<typeof application>
let listingId: string
beforeAll(async () => {
  api = await startTestApi({ application, server, startsAt: '2027-01-01T00:00:00Z' })
  const rating = { ratingCount: 0, ratingSum: 0, rating: 0 }
  const listing = {
    ...{ hostId: 'hanna', title: 'Loft', description: '', city: 'Lyon', priceCents: 9_000, guestsMax: 2 },
    ...{ location: { type: 'Point' as const, coordinates: [4.85, 45.75] as [number, number] }, ...rating },
    status: 'published' as const,
  }
  listingId = (await api.insert(listings, listing)).id
})
afterAll(() => api?.stop())

const booked = (startsOn: string, endsOn: string) =>
  api.insert(bookings, {
    ...{ listingId, guestId: 'gina', hostId: 'hanna', startsOn, endsOn, guests: 1, nights: 1 },
    ...{ totalCents: 9_000, status: 'requested' as const },
  })
const nothingFailed: readonly FailedWork[] = []

test('an accepted booking opens a conversation of guest and host, once', async () => {
  const { id } = await booked('2027-02-01', '2027-02-02')
  await api.as({ subject: 'hanna' }).v1.bookings.action('accept', id, {})
  expect(await api.settled()).toEqual(nothingFailed)
  const { document } = await api.as({ subject: 'gina' }).v1.conversations.read(id)
  expect(document).toMatchObject({ participantIds: ['gina', 'hanna'], subject: 'Your stay from 2027-02-01' })
  expect(api.purged).toContain(`conversations:${id}`)
})

test('requests whose first night has come are declined at three in the morning', async () => {
  const [late, early] = [await booked('2027-01-02', '2027-01-03'), await booked('2027-01-09', '2027-01-10')]
  api.clock.advance('1d')
  expect(await api.settled()).toEqual(nothingFailed)
  api.clock.advance('4h')
  expect(await api.settled()).toEqual(nothingFailed)
  const status = async (id: string) =>
    (await api.as({ subject: 'gina' }).v1.bookings.read(id)).document.status
  expect([await status(late.id), await status(early.id)]).toEqual(['declined', 'requested'])
})
