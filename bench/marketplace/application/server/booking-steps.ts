import { implement } from '@spillway/origin/server'
import { accept, cancel, complete, decline } from '../actions/booking-steps.ts'
import { bookings } from '../resources/bookings.ts'

export const acceptBooking = implement(accept, ({ document, store }) =>
  store.update(bookings, document.id, { status: 'accepted' }),
)

export const declineBooking = implement(decline, ({ document, store }) =>
  store.update(bookings, document.id, { status: 'declined' }),
)

export const cancelBooking = implement(cancel, ({ document, store }) =>
  store.update(bookings, document.id, { status: 'cancelled' }),
)

export const completeBooking = implement(complete, ({ document, store, now, refuse }) => {
  if (document.startsOn > now.slice(0, 10)) return refuse('not-begun')
  return store.update(bookings, document.id, { status: 'completed' })
})
