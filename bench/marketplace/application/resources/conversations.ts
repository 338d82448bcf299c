import { any, asStored, member, never, resource, role } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { personId } from '../fields.ts'

const stored = Type.Object({
  subject: Type.String({ minLength: 1, maxLength: 200 }),
  participantIds: Type.Array(personId('A person who takes part.'), { minItems: 2, maxItems: 10 }),
  lastMessageAt: Type.String({ format: 'date-time' }),
})

export const conversations = resource('conversations', {
  description: 'Conversations among a few people.',
  schema: stored,
  access: {
    read: any(member('participantIds'), role('admin')),
    create: member('participantIds'),
    update: never,
    delete: never,
  },
  cache: { maxAge: '10s' },
  query: { sort: ['lastMessageAt'], defaultSort: '-lastMessageAt' },
  indexes: [{ fields: { participantIds: 1, lastMessageAt: -1 } }, { fields: { lastMessageAt: -1 } }],
  set: { lastMessageAt: ({ lastMessageAt }, { now }) => lastMessageAt ?? now },
  versions: [asStored('v1', stored, { readOnly: ['lastMessageAt'] })],
})
