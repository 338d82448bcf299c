import { action, owner } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { bookings } from './bookings.ts'
import { listings } from './listings.ts'

export const accept = action('accept', {
  description: 'Accepts a requested booking, and counts its nights as sold.',
  on: bookings,
  access: owner('guestId'),
  input: Type.Object({ guestsMax: Type.Optional(Type.Integer({ minimum: 1 })) }),
  problems: {
    'not-requested': 'The booking has been decided already.',
    'listing-gone': 'The listing does not exist any more.',
  },
  writes: [listings],
})
