import { action, member } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { conversations } from '../resources/conversations.ts'
import { messages } from '../resources/messages.ts'

export const send = action('send', {
  description: 'Sends a message to all who take part.',
  on: conversations,
  access: member('participantIds'),
  input: Type.Object({ text: Type.String({ minLength: 1, maxLength: 5_000 }) }),
  output: messages,
  writes: [messages],
})
