import { implement } from '@spillway/origin/server'
import { accept } from '../accept.ts'
import { bookings } from '../bookings.ts'
import { listings } from '../listings.ts'

export const acceptBooking = implement(accept, async ({ document, input, store, refuse, invalid }) => {
  if (document.status !== 'requested') return refuse('not-requested')
  if (document.guests > (input.guestsMax ?? document.guests)) {
    return invalid([{ pointer: '/guestsMax', detail: 'Must be at least the number of guests.' }])
  }
  const listing = await store.get(listings, document.listingId)
  if (listing === undefined) return refuse('listing-gone')
  await store.increment(listings, listing.id, { nightsSold: document.nights })
  await store.append(listings, listing.id, { guestIds: [document.guestId] })
  return store.update(bookings, document.id, { status: 'accepted' })
})
