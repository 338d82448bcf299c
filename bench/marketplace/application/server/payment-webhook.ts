import { createHmac, timingSafeEqual } from 'node:crypto'
import { implement } from '@spillway/origin/server'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { paymentWebhook } from '../actions/payment-webhook.ts'
import { bookings } from '../resources/bookings.ts'
import { payments } from '../resources/payments.ts'

const Event = Type.Object({
  type: Type.Literal('payment.succeeded'),
  data: Type.Object({ bookingId: Type.String(), amountCents: Type.Integer() }),
})

const toleranceMs = 5 * 60_000
const paymentId = /^[A-Za-z0-9_-]{1,64}$/

export const takePayment = implement(paymentWebhook, async ({ input, store, now, refuse }) => {
  const { bytes, headers } = input
  if (!isSigned(bytes, headers, Date.parse(now))) return refuse('bad-signature')
  const event = parse(bytes)
  if (event === undefined) return refuse('bad-event')
  const { bookingId, amountCents } = event.data
  // The provider may repeat an event for days: the payment has its id, and so is entered once.
  const id = String(headers['webhook-id'])
  if (!paymentId.test(id)) return refuse('bad-event')
  if ((await store.get(payments, id)) !== undefined) return undefined
  const booking = await store.get(bookings, bookingId)
  if (booking?.totalCents !== amountCents) return refuse('bad-booking')
  await store.update(bookings, bookingId, { status: 'paid' })
  const { guestId, hostId } = booking
  await store.create(payments, { bookingId, guestId, hostId, amountCents }, { id })
  return undefined
})

/** Standard Webhooks: HMAC-SHA256 over id, time and body, in base64; several signatures while a secret is renewed. */
function isSigned(bytes: Uint8Array, headers: Readonly<Record<string, string | undefined>>, nowMs: number) {
  const secret = Buffer.from((process.env.PAYMENT_WEBHOOK_SECRET ?? '').replace('whsec_', ''), 'base64')
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = '' } = headers
  if (secret.length === 0 || !(Math.abs(nowMs - Number(time) * 1_000) < toleranceMs)) return false
  const wanted = createHmac('sha256', secret).update(`${id}.${time}.`).update(bytes).digest()
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  })
}

function parse(bytes: Uint8Array): Static<typeof Event> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return Value.Check(Event, value) ? value : undefined
  } catch {
    return undefined
  }
}
