import { any, asStored, member, never, resource, role } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { documentId, personId } from '../fields.ts'

const stored = Type.Object({
  conversationId: documentId('The conversation that it is part of.'),
  participantIds: Type.Array(personId('A person who may read it.'), { maxItems: 10 }),
  senderId: personId('The person who wrote it.'),
  text: Type.String({ minLength: 1, maxLength: 5_000 }),
  sentAt: Type.String({ format: 'date-time' }),
})

export const messages = resource('messages', {
  description: 'Messages of conversations.',
  schema: stored,
  access: { read: any(member('participantIds'), role('admin')), write: never },
  cache: { maxAge: '10s' },
  query: { filter: ['conversationId'], sort: ['sentAt'], defaultSort: '-sentAt' },
  references: { conversationId: 'conversations' },
  indexes: [
    { fields: { conversationId: 1, sentAt: -1 } },
    { fields: { participantIds: 1, sentAt: -1 } },
    { fields: { sentAt: -1 } },
  ],
  versions: [asStored('v1', stored)],
})
