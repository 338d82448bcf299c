import { any, asStored, never, owner, resource, role } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { cents, documentId, personId } from '../fields.ts'

const stored = Type.Object({
  bookingId: documentId('The booking that is paid.'),
  guestId: personId('The person who paid.'),
  hostId: personId('The person who is to receive it.'),
  amountCents: cents('Amount that the provider has received.'),
})

export const payments = resource('payments', {
  description: 'Payments that the provider has told us of.',
  schema: stored,
  access: { read: any(owner('guestId'), owner('hostId'), role('admin')), write: never },
  references: { bookingId: 'bookings' },
  indexes: [
    { fields: { bookingId: 1 }, unique: true },
    { fields: { guestId: 1 } },
    { fields: { hostId: 1 } },
  ],
  priority: 'critical',
  versions: [asStored('v1', stored)],
})
