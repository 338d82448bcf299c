import { asStored, owner, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  senderId: Type.String({ maxLength: 255, description: 'Subject of the token that sent it.' }),
  street: Type.String({ maxLength: 200 }),
  status: Type.Enum(['new', 'announced', 'lapsed']),
  placedOn: Type.String({ format: 'date' }),
})

export const parcels = resource('parcels', {
  description: "A sender's own parcels.",
  schema: stored,
  access: { read: owner('senderId'), write: owner('senderId') },
  indexes: [{ fields: { senderId: 1 } }, { fields: { status: 1, placedOn: 1 } }],
  set: { status: ({ status }) => status ?? 'new' },
  events: true,
  versions: [asStored('v1', stored, { readOnly: ['senderId', 'status'] })],
})
