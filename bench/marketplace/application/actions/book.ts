import { action, all, signedIn, where } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { day } from '../fields.ts'
import { bookings } from '../resources/bookings.ts'
import { listings } from '../resources/listings.ts'

export const book = action('book', {
  description: 'Asks the host for a stay, and keeps the nights free for it.',
  on: listings,
  access: all(signedIn, where({ status: 'published' })),
  input: Type.Object({
    startsOn: day('Day of arrival.'),
    endsOn: day('Day of departure.'),
    guests: Type.Integer({ minimum: 1, maximum: 50 }),
  }),
  output: bookings,
  problems: {
    'own-listing': 'Hosts cannot book what is their own.',
    'too-dear': 'A stay may cost one million at most.',
  },
  writes: [bookings],
  priority: 'critical',
  // Guests who want the same listing at once wait for each other.
  timeout: '5s',
})
