import { guard } from '@spillway/origin/server'
import { bookings } from '../bookings.ts'
import { listings } from '../listings.ts'

export const freeDates = guard(bookings, async ({ fields, id, refuse, store }) => {
  if (fields === undefined || fields.status === 'cancelled') return undefined
  const { listingId, startsOn, endsOn } = fields
  const listing = await store.lock(listings, listingId)
  if (listing === undefined) return [{ pointer: '/listingId', detail: 'Must be a listing.' }]
  const overlapping = await store.list(bookings, {
    filter: {
      listingId,
      startsOn: { lt: endsOn },
      endsOn: { gt: startsOn },
      status: { in: ['requested', 'accepted'] },
    },
    limit: 2,
  })
  const isTaken = overlapping.some((booking) => booking.id !== id)
  return isTaken ? refuse('dates-taken') : undefined
})
