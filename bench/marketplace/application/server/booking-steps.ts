import { type ActionStore, implement } from '@spillway/origin/server'
import { accept, cancel, complete, decline } from '../actions/booking-steps.ts'
import { bookings } from '../resources/bookings.ts'
import { calendars } from '../resources/calendars.ts'

export const acceptBooking = implement(accept, ({ document, store }) =>
  store.update(bookings, document.id, { status: 'accepted' }),
)

export const declineBooking = implement(decline, async ({ document, store }) => {
  await giveBack(store, document)
  return store.update(bookings, document.id, { status: 'declined' })
})

export const cancelBooking = implement(cancel, async ({ document, store }) => {
  await giveBack(store, document)
  return store.update(bookings, document.id, { status: 'cancelled' })
})

export const completeBooking = implement(complete, async ({ document, store, now, refuse }) => {
  if (document.startsOn > now.slice(0, 10)) return refuse('not-begun')
  await giveBack(store, document)
  return store.update(bookings, document.id, { status: 'completed' })
})

async function giveBack(store: ActionStore, { id, listingId }: { id: string; listingId: string }) {
  const calendar = await store.get(calendars, listingId)
  const taken = calendar?.taken.filter(({ bookingId }) => bookingId !== id) ?? []
  await store.upsert(calendars, listingId, { taken })
}
