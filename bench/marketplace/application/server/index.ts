import { defineServer } from '@spillway/origin/server'
import { bookListing } from './book.ts'
import { acceptBooking, cancelBooking, completeBooking, declineBooking } from './booking-steps.ts'
import { declineLate } from './decline-late.ts'
import { expenseByMember } from './expense-by-member.ts'
import { freeNights } from './free-nights.ts'
import { add, appoint, dismiss, remove } from './membership.ts'
import { openConversation } from './open-conversation.ts'
import { takePayment } from './payment-webhook.ts'
import { reviewStay, withdrawReview } from './review.ts'
import { sendMessage } from './send.ts'

export const server = defineServer(
  ...[bookListing, acceptBooking, declineBooking, cancelBooking, completeBooking],
  ...[reviewStay, withdrawReview],
  ...[takePayment, sendMessage, add, remove, appoint, dismiss],
  ...[freeNights, expenseByMember],
  ...[openConversation, declineLate],
)
