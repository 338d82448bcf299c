import { implement } from '@spillway/origin/server'
import { review, withdraw } from '../actions/review.ts'
import { listings } from '../resources/listings.ts'
import { reviews } from '../resources/reviews.ts'

export const reviewStay = implement(review, async ({ document: booking, input, store, refuse }) => {
  if (booking.status !== 'completed') return refuse('not-completed')
  if ((await store.get(reviews, booking.id)) !== undefined) return refuse('reviewed-already')
  const { listingId, guestId: authorId } = booking
  await store.create(reviews, { listingId, authorId, ...input }, { id: booking.id })
  await store.increment(listings, listingId, { ratingCount: 1, ratingSum: input.stars })
  return booking
})

export const withdrawReview = implement(withdraw, async ({ document: { id, listingId, stars }, store }) => {
  await store.delete(reviews, id)
  // A deleted listing cannot be written: one that is restored keeps the stars that it had.
  if ((await store.get(listings, listingId)) === undefined) return
  await store.increment(listings, listingId, { ratingCount: -1, ratingSum: -stars })
})
