import { any, anyone, asStored, owner, resource, role } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { personId } from '../fields.ts'

const stored = Type.Object({
  userId: personId('The person whose profile it is.'),
  displayName: Type.String({ minLength: 1, maxLength: 80 }),
  about: Type.Optional(Type.String({ maxLength: 2_000 })),
  email: Type.Optional(Type.String({ maxLength: 254 })),
  isVerified: Type.Optional(Type.Boolean({ description: 'Whether we have seen a passport.' })),
})

export const profiles = resource('profiles', {
  description: 'People. Everybody sees their names, and few their addresses.',
  schema: stored,
  access: {
    read: anyone,
    create: owner('userId'),
    update: any(owner('userId'), role('admin')),
    delete: any(owner('userId'), role('admin')),
    fields: {
      email: { read: any(owner('userId'), role('admin')) },
      isVerified: { write: role('admin') },
    },
  },
  cache: { maxAge: '1m', staleIfError: '1d' },
  query: { filter: ['userId'] },
  indexes: [{ fields: { userId: 1 }, unique: true }],
  versions: [asStored('v1', stored, { readOnly: ['userId'] })],
})
