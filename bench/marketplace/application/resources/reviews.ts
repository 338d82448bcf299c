import { anyone, asStored, never, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { documentId, personId } from '../fields.ts'

const stored = Type.Object({
  listingId: documentId('The listing that is reviewed.'),
  authorId: personId('The guest.'),
  stars: Type.Integer({ minimum: 1, maximum: 5 }),
  text: Type.String({ maxLength: 2_000 }),
})

export const reviews = resource('reviews', {
  description: 'Reviews of completed stays. Their ids are those of the bookings.',
  schema: stored,
  access: { read: anyone, write: never },
  cache: { maxAge: '1m', staleIfError: '1d' },
  query: { filter: ['listingId', 'authorId'] },
  references: { listingId: 'listings' },
  indexes: [{ fields: { listingId: 1 } }, { fields: { authorId: 1 } }],
  versions: [asStored('v1', stored)],
})
