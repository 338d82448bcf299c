import { asStored, owner, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  guestId: Type.String({ maxLength: 255, description: 'Subject of the token that asked for the booking.' }),
  listingId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  startsOn: Type.String({ format: 'date' }),
  endsOn: Type.String({ format: 'date' }),
  guests: Type.Integer({ minimum: 1, maximum: 20 }),
  nights: Type.Integer({ minimum: 1 }),
  status: Type.Enum(['requested', 'accepted', 'cancelled']),
  acceptedAt: Type.Optional(Type.String({ format: 'date-time' })),
})

const dayMs = 86_400_000

export const bookings = resource('bookings', {
  description: "A guest's own bookings.",
  schema: stored,
  access: { read: owner('guestId'), write: owner('guestId') },
  indexes: [{ fields: { guestId: 1, startsOn: 1 } }, { fields: { listingId: 1, startsOn: 1 } }],
  set: {
    nights: ({ startsOn, endsOn }) => (Date.parse(endsOn) - Date.parse(startsOn)) / dayMs,
    status: ({ status }) => status ?? 'requested',
    acceptedAt: ({ status, acceptedAt }, { now }) =>
      status === 'accepted' ? (acceptedAt ?? now) : undefined,
  },
  problems: {
    'booking-decided': 'Only a booking that is still requested can be changed.',
    'dates-taken': 'The listing is booked for some of these nights.',
  },
  check({ endsOn, startsOn }, { before, operation, now, refuse }) {
    if (endsOn <= startsOn) return [{ pointer: '/endsOn', detail: 'Must be after startsOn.' }]
    if (before === undefined && startsOn < now.slice(0, 10)) {
      return [{ pointer: '/startsOn', detail: 'Must not be in the past.' }]
    }
    if (before !== undefined && before.status !== 'requested' && operation !== 'action') {
      return refuse('booking-decided')
    }
    return undefined
  },
  versions: [asStored('v1', stored, { readOnly: ['guestId', 'nights', 'status', 'acceptedAt'] })],
})
