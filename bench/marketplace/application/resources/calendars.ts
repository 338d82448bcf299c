import { anyone, asStored, never, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { day, documentId } from '../fields.ts'

const stored = Type.Object({
  taken: Type.Array(
    Type.Object({
      bookingId: documentId('The booking that takes them.'),
      startsOn: day('First night.'),
      endsOn: day('Day of departure: free for the next guest.'),
    }),
    { maxItems: 1_000 },
  ),
})

/** Each listing has one calendar, with its id. Bookings of one listing wait for each other there. */
export const calendars = resource('calendars', {
  description: 'Nights of a listing that are taken. Its id is the listing’s.',
  schema: stored,
  access: { read: anyone, write: never },
  cache: { maxAge: '10s' },
  versions: [asStored('v1', stored)],
})
