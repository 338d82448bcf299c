import { anyone, asStored, owner, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'

const venueId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const stored = Type.Object({
  organizerId: Type.String({ maxLength: 255, description: 'Subject of the token that made it.' }),
  title: Type.String({ minLength: 1, maxLength: 200 }),
  venueId,
  fallbackIds: Type.Optional(Type.Array(venueId, { maxItems: 5 })),
})

export const events = resource('events', {
  description: 'Concerts and readings, each at a venue.',
  schema: stored,
  access: { read: anyone, write: owner('organizerId') },
  cache: { maxAge: '30s' },
  references: { venueId: 'venues', fallbackIds: 'venues' },
  versions: [asStored('v1', stored, { readOnly: ['organizerId'] })],
})
