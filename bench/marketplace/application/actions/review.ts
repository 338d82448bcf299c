import { action, owner, role } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { bookings } from '../resources/bookings.ts'
import { listings } from '../resources/listings.ts'
import { reviews } from '../resources/reviews.ts'

export const review = action('review', {
  description: 'Reviews a completed stay, once.',
  on: bookings,
  access: owner('guestId'),
  input: Type.Object({
    stars: Type.Integer({ minimum: 1, maximum: 5 }),
    text: Type.String({ maxLength: 2_000 }),
  }),
  problems: {
    'not-completed': 'Only a completed stay can be reviewed.',
    'reviewed-already': 'The stay has been reviewed.',
  },
  writes: [reviews, listings],
})

export const withdraw = action('withdraw', {
  description: 'Removes a review, and its stars from the listing.',
  on: reviews,
  access: role('admin'),
  writes: [listings],
})
