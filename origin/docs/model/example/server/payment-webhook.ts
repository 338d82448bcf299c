import { createHmac, timingSafeEqual } from 'node:crypto'
import { implement } from '@spillway/origin/server'
import { payments, paymentWebhook } from '../payments.ts'

const toleranceMs = 5 * 60_000

/** Standard Webhooks: HMAC-SHA256 over id, time and body, in base64; several signatures during a rotation of the secret. */
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

export const takePayment = implement(paymentWebhook, async ({ input, store, now, refuse }) => {
  const { bytes, headers } = input
  if (!isSigned(bytes, headers, Date.parse(now))) return refuse('bad-signature')
  const { data } = JSON.parse(Buffer.from(bytes).toString('utf8'))
  // The provider may repeat an event for days: its id is the document's, so that it counts once.
  const id = String(headers['webhook-id'])
  if ((await store.get(payments, id)) !== undefined) return undefined
  return store.create(payments, { bookingId: data.bookingId, amountCents: data.amountCents }, { id })
})
