import { defineApplication } from '@spillway/origin/contract'
import { book } from './actions/book.ts'
import { accept, cancel, complete, decline } from './actions/booking-steps.ts'
import { addMember, appointManager, dismissManager, removeMember } from './actions/membership.ts'
import { paymentWebhook } from './actions/payment-webhook.ts'
import { review, withdraw } from './actions/review.ts'
import { send } from './actions/send.ts'
import { keys } from './resources/api-keys.ts'
import { bookings } from './resources/bookings.ts'
import { conversations } from './resources/conversations.ts'
import { expenses } from './resources/expenses.ts'
import { listings } from './resources/listings.ts'
import { messages } from './resources/messages.ts'
import { organizations } from './resources/organizations.ts'
import { payments } from './resources/payments.ts'
import { profiles } from './resources/profiles.ts'
import { reviews } from './resources/reviews.ts'

export const application = defineApplication({
  name: 'marketplace',
  title: 'Marketplace API',
  summary: 'Places to stay: listings, bookings, payments, messages and reviews.',
  contact: { name: 'Marketplace team', email: 'api@example.com' },
  resources: [
    profiles,
    listings,
    bookings,
    payments,
    conversations,
    messages,
    reviews,
    organizations,
    expenses,
    keys.resource,
  ],
  actions: [
    ...[book, accept, decline, cancel, complete, paymentWebhook, send],
    ...[review, withdraw],
    ...[addMember, removeMember, appointManager, dismissManager],
    ...keys.actions,
  ],
})
