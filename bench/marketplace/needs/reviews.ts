import assert from 'node:assert/strict'
import { idOf, idsOf, inDays, makeBooking, makeListing, patch, pay, requireStatus } from '../expect.ts'
import type { Need } from '../need.ts'
import type { Answer, World } from '../world.ts'

export const reviewAfterStay: Need = {
  number: 14,
  what: 'a review needs a completed stay of one’s own, and there is one of each',
  by: 'action() that looks at the booking and writes the review',
  async prove(world) {
    const review = (who: 'gina' | 'hanna' | 'gus', path: string) =>
      world.send(who, 'POST', `${path}/review`, { body: { stars: 4, text: 'Quiet.' } })
    const open = await makeBooking(world, { from: 1, to: 2 })
    requireStatus(await review('gina', open), 409, 'not-completed')
    const stay = await completeStay(world, await makeListing(world), await world.token('gina'))
    requireStatus(await review('hanna', stay), 403)
    requireStatus(await review('gus', stay), 404)
    const together = await Promise.all([1, 2, 3, 4, 5].map(() => review('gina', stay)))
    assert.deepEqual(together.map(({ status }) => status).toSorted(), [200, 409, 409, 409, 409])
    requireStatus(await review('gina', stay), 409, 'reviewed-already')
    const shown = requireStatus(await world.send('nobody', 'GET', `/v1/reviews/${idOf(stay)}`), 200)
    assert.deepEqual([shown.json.authorId, shown.json.stars], ['gina', 4])
    requireStatus(await world.send('gina', 'POST', '/v1/reviews', { body: {} }), 405)
    requireStatus(await world.send('ada', 'DELETE', `/v1/reviews/${idOf(stay)}`), 405)
  },
}

export const rating: Need = {
  number: 15,
  what: 'a listing shows the mean of its reviews, and lists are sorted by it',
  by: 'store.increment in the action, set computes the mean',
  async prove(world) {
    const listing = await makeListing(world, { city: 'Faro' })
    const unrated = await makeListing(world, { city: 'Faro' })
    assert.equal((await world.send('nobody', 'GET', listing)).json.rating, 0)
    const reviews: (() => Promise<Answer>)[] = []
    for (const stars of [5, 4, 4, 2]) {
      const token = await world.token(`guest-of-${stars}`)
      const stay = await completeStay(world, listing, token)
      const body = { stars, text: '' }
      reviews.push(() => world.send('nobody', 'POST', `${stay}/review`, { token, body }))
    }
    // Writes all reviews at once: the mean must include each.
    for (const answer of await Promise.all(reviews.map((review) => review()))) requireStatus(answer, 200)
    const rated = (await world.send('nobody', 'GET', listing)).json
    assert.deepEqual([rated.rating, rated.ratingCount], [3.75, 4])
    const list = await world.send('nobody', 'GET', '/v1/listings?city=Faro&sort=-rating')
    assert.deepEqual(idsOf(list), [idOf(listing), idOf(unrated)])
    // An admin removes a review, and with it its stars.
    const worst = `/v1/reviews?listingId=${idOf(listing)}&authorId=guest-of-2`
    const [worstId] = idsOf(await world.send('nobody', 'GET', worst))
    const withdraw = (who: 'hanna' | 'ada') => world.send(who, 'POST', `/v1/reviews/${worstId}/withdraw`)
    requireStatus(await withdraw('hanna'), 403)
    requireStatus(await withdraw('ada'), 204)
    requireStatus(await withdraw('ada'), 404)
    assert.deepEqual(idsOf(await world.send('nobody', 'GET', worst)), [])
    const mended = (await world.send('nobody', 'GET', listing)).json
    assert.deepEqual([mended.rating, mended.ratingCount], [4.33, 3])
    for (const field of ['rating', 'ratingSum', 'ratingCount']) {
      const change = { body: { [field]: 5 }, headers: patch }
      requireStatus(await world.send('hanna', 'PATCH', listing, change), 422)
    }
  },
}

/** A stay that ends on the day on which it begins. @returns the booking's path */
async function completeStay(world: World, listing: string, token: string): Promise<string> {
  const body = { startsOn: inDays(0), endsOn: inDays(1), guests: 1 }
  const booked = requireStatus(await world.send('nobody', 'POST', `${listing}/book`, { token, body }), 200)
  const booking = `/v1/bookings/${booked.json.id}`
  requireStatus(await world.send('hanna', 'POST', `${booking}/accept`), 200)
  await pay(world, booking, 9_000)
  requireStatus(await world.send('hanna', 'POST', `${booking}/complete`), 200)
  return booking
}
