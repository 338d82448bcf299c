import { action, any, owner } from '@spillway/origin/contract'
import { bookings } from '../resources/bookings.ts'

/** Steps of a booking. The resource decides which may follow which. */

export const accept = action('accept', {
  description: 'Accepts a request; the guest is to pay then.',
  on: bookings,
  access: owner('hostId'),
})

export const decline = action('decline', {
  description: 'Declines a request. Its nights are free again.',
  on: bookings,
  access: owner('hostId'),
})

export const cancel = action('cancel', {
  description: 'Calls a stay off. Its nights are free again.',
  on: bookings,
  access: any(owner('guestId'), owner('hostId')),
})

export const complete = action('complete', {
  description: 'Ends a stay that was paid for, at departure. The guest may review it then.',
  on: bookings,
  access: owner('hostId'),
  problems: { 'not-begun': 'The stay has not begun yet.' },
})
