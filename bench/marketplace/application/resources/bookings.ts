import { any, asStored, never, owner, resource, role } from '@spillway/origin/contract'
import { type Static, Type } from 'typebox'
import { cents, day, documentId, personId } from '../fields.ts'

const Status = Type.Enum(['requested', 'accepted', 'declined', 'paid', 'cancelled', 'completed'])
type Status = Static<typeof Status>

const stored = Type.Object({
  listingId: documentId('The listing that is booked.'),
  guestId: personId('The person who booked.'),
  hostId: personId('The person who lets the listing.'),
  startsOn: day('Day of arrival.'),
  endsOn: day('Day of departure.'),
  guests: Type.Integer({ minimum: 1, maximum: 50 }),
  nights: Type.Integer({ minimum: 1 }),
  totalCents: cents('Price of all nights.'),
  status: Status,
})

/** Steps that follow on each status. Access rules of the actions say who may take them. */
const nextSteps: Readonly<Record<Status, readonly Status[]>> = {
  requested: ['accepted', 'declined', 'cancelled'],
  accepted: ['paid', 'cancelled'],
  paid: ['completed', 'cancelled'],
  declined: [],
  cancelled: [],
  completed: [],
}

export const bookings = resource('bookings', {
  description: 'Bookings, as their guest and their host see them.',
  schema: stored,
  access: {
    read: any(owner('guestId'), owner('hostId'), role('admin')),
    write: never,
  },
  cache: { maxAge: '10s' },
  query: {
    filter: ['listingId', 'status', 'startsOn'],
    sort: ['startsOn'],
    defaultSort: '-startsOn',
    countMax: 1_000,
  },
  export: { formats: ['csv', 'ndjson'] },
  events: true,
  references: { listingId: 'listings' },
  indexes: [
    { fields: { guestId: 1, startsOn: -1 } },
    { fields: { hostId: 1, startsOn: -1 } },
    { fields: { listingId: 1, startsOn: -1 } },
    { fields: { status: 1, startsOn: -1 } },
    { fields: { startsOn: -1 } },
  ],
  problems: {
    'wrong-step': 'The booking cannot become that.',
    'not-published': 'The listing is not offered any more.',
    'dates-taken': 'Some of the nights are taken.',
  },
  check({ status }, { before, refuse }) {
    if (before === undefined || before.status === status || nextSteps[before.status].includes(status)) {
      return undefined
    }
    return refuse('wrong-step', `A booking that is ${before.status} cannot become ${status}.`)
  },
  priority: 'critical',
  versions: [asStored('v1', stored)],
})
