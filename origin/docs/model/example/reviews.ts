import { anyone, asStored, owner, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  authorId: Type.String({ maxLength: 255 }),
  bookingId: Type.String({ maxLength: 64 }),
  stars: Type.Integer({ minimum: 1, maximum: 5 }),
})

export const reviews = resource('reviews', {
  description: 'Reviews by guests, one for each booking.',
  schema: stored,
  access: { read: anyone, write: owner('authorId') },
  indexes: [{ fields: { bookingId: 1 }, unique: true }],
  problems: { 'not-stayed': 'Only an accepted booking can be reviewed.' },
  versions: [asStored('v1', stored, { readOnly: ['authorId'] })],
})
