import { guard } from '@spillway/origin/server'
import { bookings } from '../resources/bookings.ts'
import { listings } from '../resources/listings.ts'

/** No two stays in one listing have a night in common. The nights of a booking never change after it was made. */
export const freeNights = guard(bookings, async ({ fields, before, refuse, store }) => {
  if (fields === undefined || before !== undefined) return undefined
  const { listingId, startsOn, endsOn } = fields
  const listing = await store.lock(listings, listingId)
  if (listing?.status !== 'published') return refuse('not-published')
  const overlapping = await store.find(bookings, {
    filter: {
      listingId,
      startsOn: { lt: endsOn },
      endsOn: { gt: startsOn },
      status: { in: ['requested', 'accepted', 'paid'] },
    },
  })
  return overlapping && refuse('dates-taken')
})
