import { implement } from '@spillway/origin/server'
import { send } from '../actions/send.ts'
import { conversations } from '../resources/conversations.ts'
import { messages } from '../resources/messages.ts'

export const sendMessage = implement(send, async ({ document, input, principal, store, now }) => {
  const message = await store.create(messages, {
    conversationId: document.id,
    participantIds: document.participantIds,
    senderId: principal?.subject ?? '',
    text: input.text,
    sentAt: now,
  })
  await store.update(conversations, document.id, { lastMessageAt: now })
  return message
})
