import { on } from '@spillway/origin/server'
import { bookings } from '../resources/bookings.ts'
import { conversations } from '../resources/conversations.ts'

/** Guest and host of an accepted booking have something to talk about. */
export const openConversation = on(
  bookings,
  { name: 'open-conversation', types: ['updated'] },
  async ({ documentId }, { store, now }) => {
    const booking = await store.get(bookings, documentId)
    if (booking?.status !== 'accepted') return
    const { guestId, hostId, startsOn } = booking
    // The booking's id: a second event of it opens no second conversation.
    if ((await store.get(conversations, documentId)) !== undefined) return
    const subject = `Your stay from ${startsOn}`
    await store.create(
      conversations,
      { subject, participantIds: [guestId, hostId], lastMessageAt: now },
      { id: documentId },
    )
  },
)
