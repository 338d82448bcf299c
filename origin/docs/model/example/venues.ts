import { any, asStored, owner, resource, where } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  ownerId: Type.String({ maxLength: 255, description: 'Subject of the token that made it.' }),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  open: Type.Boolean({ description: 'Whether everybody sees it.' }),
})

export const venues = resource('venues', {
  description: 'Halls and clubs.',
  schema: stored,
  access: { read: any(where({ open: true }), owner('ownerId')), write: owner('ownerId') },
  cache: { maxAge: '30s' },
  indexes: [{ fields: { open: 1 } }, { fields: { ownerId: 1 } }],
  versions: [asStored('v1', stored, { readOnly: ['ownerId'] })],
})
