import { guard } from '@spillway/origin/server'
import { bookings } from '../bookings.ts'
import { reviews } from '../reviews.ts'

export const reviewAfterStay = guard(reviews, async ({ fields, operation, principal, refuse, store }) => {
  if (operation !== 'create' || fields === undefined) return undefined
  const booking = await store.get(bookings, fields.bookingId, { unchanged: true })
  if (booking === undefined || booking.guestId !== principal?.subject) {
    return [{ pointer: '/bookingId', detail: 'Must be a booking of your own.' }]
  }
  return booking.status === 'accepted' ? undefined : refuse('not-stayed')
})
