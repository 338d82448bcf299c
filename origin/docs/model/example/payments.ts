import { asStored, endpoint, resource, scope } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  bookingId: Type.String({ maxLength: 64 }),
  amountCents: Type.Integer({ minimum: 0 }),
})

export const payments = resource('payments', {
  description: 'Payments that the provider has told us of.',
  schema: stored,
  access: { read: scope('payments:read'), write: scope('payments:write') },
  versions: [asStored('v1', stored)],
})

export const paymentWebhook = endpoint('provider-webhook', {
  description: 'Takes the events of the payment provider (Standard Webhooks).',
  on: payments,
  types: ['application/json'],
  headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  bytesMax: 65_536,
  idempotencyKey: ({ headers }) => headers['webhook-id'],
  problems: { 'bad-signature': { status: 403, detail: 'The signature does not fit the body.' } },
})
