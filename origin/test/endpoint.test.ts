import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineApplication, endpoint } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { payments, paymentWebhook } from '../docs/model/example/payments.ts'
import { takePayment } from '../docs/model/example/server/payment-webhook.ts'
import { defineServer } from '../src/server.ts'
import { startTestApp, type TestApp } from './support/app.ts'

const secret = randomBytes(24)
let origin: TestApp
beforeAll(async () => {
  process.env.PAYMENT_WEBHOOK_SECRET = `whsec_${secret.toString('base64')}`
  const application = defineApplication({
    name: 'endpoints',
    title: 'Endpoints',
    summary: 'Endpoints.',
    resources: [payments],
    actions: [paymentWebhook],
  })
  origin = await startTestApp({ application, server: defineServer(takePayment) })
})
afterAll(async () => {
  delete process.env.PAYMENT_WEBHOOK_SECRET
  await origin.stop()
})

const reader = { subject: 'reader', scopes: ['payments:read'] }
/** The signature covers its blanks. */
const event = '{ "type": "payment.paid",\n  "data": { "bookingId": "b1", "amountCents": 12300 } }'

const send = (body: string | Buffer, changes: Record<string, string> = {}) => {
  const time = String(Math.floor(Date.now() / 1_000))
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': time,
    'content-type': 'application/json; charset=utf-8',
    ...changes,
  }
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${event}`
  const signature = `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`
  return origin.send('POST', '/v1/payments/provider-webhook', {
    headers: { 'webhook-signature': signature, ...headers },
    body,
  })
}
const stored = () => origin.database.db.collection('payments').countDocuments()

it('passes the signed bytes to the handler, and counts an event once', async () => {
  expect((await send(event)).status).toBe(204)
  const again = await send(event)
  // Its sender knows no Idempotency-Key: the endpoint finds one.
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([204, 'true'])
  const { json } = await origin.send('GET', '/v1/payments/evt_1', { as: reader })
  expect(json).toMatchObject({ bookingId: 'b1', amountCents: 12_300 })
  expect(await stored()).toBe(1)
})

it.each([
  ['another body', event.replace('12300', '99999'), {}],
  ['another signature', event, { 'webhook-signature': 'v1,AAAA' }],
  ['an old time', event, { 'webhook-timestamp': '1700000000' }],
])('refuses %s, and stores nothing', async (_what, body, headers) => {
  const before = await stored()
  const { status, json } = await send(body, { 'webhook-id': 'evt_2', ...headers })
  expect([status, json.reason]).toEqual([403, 'bad-signature'])
  expect(await stored()).toBe(before)
})

it('refuses a body that is too large or of another type before the handler sees it', async () => {
  const large = await send(Buffer.alloc(65_537, 32))
  expect([large.status, large.json.code]).toEqual([413, 'content-too-large'])
  const typed = await send(event, { 'content-type': 'text/plain' })
  expect([typed.status, typed.json.code]).toEqual([415, 'unsupported-media-type'])
})

it.each<[object, string]>([
  [{ headers: ['Webhook-Id'] }, 'in lower case'],
  [{ headers: ['authorization'] }, 'not passed on'],
  [{ types: ['json'] }, 'a media type'],
  [{ bytesMax: 1_000_000 }, 'must be an integer from 1'],
])('a definition with %j is refused', (options, message) => {
  const definition = { description: 'Takes.', on: payments, ...options }
  expect(() => endpoint('hook', definition)).toThrow(message)
})

it('the documentation page shows the examples of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const page = readFileSync(join(folder, 'endpoints.md'), 'utf8')
  for (const example of ['payments.ts', 'server/payment-webhook.ts']) {
    expect(page).toContain(readFileSync(join(folder, 'example', example), 'utf8'))
  }
})
