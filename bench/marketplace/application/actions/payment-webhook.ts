import { endpoint } from '@spillway/origin/contract'
import { bookings } from '../resources/bookings.ts'
import { payments } from '../resources/payments.ts'

export const paymentWebhook = endpoint('provider-webhook', {
  description: 'Takes the events of the payment provider (Standard Webhooks).',
  on: payments,
  types: ['application/json'],
  headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  bytesMax: 65_536,
  idempotencyKey: ({ headers }) => headers['webhook-id'],
  problems: {
    'bad-signature': { status: 403, detail: 'The signature does not fit the body.' },
    'bad-event': { status: 400, detail: 'The event is none that we know.' },
    'bad-booking': 'There is no such booking, or its price is another.',
  },
  writes: [bookings],
  priority: 'critical',
})
