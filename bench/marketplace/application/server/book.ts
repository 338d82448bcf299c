import { implement } from '@spillway/origin/server'
import { book } from '../actions/book.ts'
import { centsMax } from '../fields.ts'
import { bookings } from '../resources/bookings.ts'

const dayMs = 86_400_000
const nightsMax = 365

export const bookListing = implement(book, async (context) => {
  const { document: listing, input, principal, store, now, refuse, invalid } = context
  const { startsOn, endsOn, guests } = input
  if (startsOn < now.slice(0, 10))
    return invalid([{ pointer: '/startsOn', detail: 'Must not be in the past.' }])
  if (endsOn <= startsOn) return invalid([{ pointer: '/endsOn', detail: 'Must be after startsOn.' }])
  if (guests > listing.guestsMax) {
    return invalid([{ pointer: '/guests', detail: `Must be at most ${listing.guestsMax}.` }])
  }
  const guestId = principal?.subject ?? ''
  if (guestId === listing.hostId) return refuse('own-listing')
  const nights = (Date.parse(endsOn) - Date.parse(startsOn)) / dayMs
  if (nights > nightsMax) {
    return invalid([{ pointer: '/endsOn', detail: `Must be at most ${nightsMax} days after startsOn.` }])
  }
  const totalCents = nights * listing.priceCents
  if (totalCents > centsMax) return refuse('too-dear')
  return store.create(bookings, {
    ...{ listingId: listing.id, guestId, hostId: listing.hostId },
    ...{ startsOn, endsOn, guests, nights },
    totalCents,
    status: 'requested',
  })
})
