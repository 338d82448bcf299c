import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { defineApplication } from '@spillway/origin/contract'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parcels } from '../docs/model/example/parcels.ts'
import { receiveWebhooks } from '../docs/model/example/receive-webhooks.ts'
import type { Change } from '../src/store/change-log.ts'
import { newSecret, signedHeaders } from '../src/webhooks/signature.ts'
import { webhookSubscriber } from '../src/webhooks/webhook-subscriber.ts'

/** The receiver of the guide, which uses the library of Standard Webhooks, and the calls that the origin makes. */
const { resources: catalogue } = defineApplication({
  ...{ name: 'parcels', title: 'Parcels', summary: 'Parcels.', resources: [parcels] },
})
const [secret, former] = [newSecret(), newSecret()]
const taken: unknown[] = []
let isBroken = false
let server: Server
let url: string
beforeEach(async () => {
  taken.length = 0
  isBroken = false
  server = receiveWebhooks(secret, async ({ type, data }, id) => {
    if (isBroken) throw new Error('the database is down')
    taken.push([id, type, data.id, data.version, data.changed])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

const change: Change = {
  ...{ _id: 7, event: 'write.1', type: 'updated', resource: 'parcels', document: 'p1', version: 2 },
  ...{ at: '2027-05-31T12:00:00.000Z', changed: ['street'], logged: new Date(), _expires: new Date() },
}
/** Sends as the origin does. @returns the reason for which it would try again */
async function deliver(...secrets: string[]): Promise<string | undefined> {
  const webhook = {
    ...{ _id: 'one', url, allowsPrivate: true, createdAt: new Date(), revision: 1 },
    secrets: secrets.map((each) => ({ secret: each })),
  }
  const { deliver: send } = webhookSubscriber(webhook, { catalogue, onGone: async () => {} })
  return (await send(change, { attempt: 1, signal: AbortSignal.timeout(10_000) }))?.reason
}

it('takes what the origin sends, with the secret that it knows, also while that changes', async () => {
  expect(await deliver(secret)).toBeUndefined()
  expect(await deliver(newSecret(), secret)).toBeUndefined()
  const once = ['evt_write-1', 'parcels.updated', 'p1', 2, ['street']]
  expect(taken).toEqual([once, once])
})

it('refuses what another one has signed, and gets again what it could not take', async () => {
  expect(await deliver(former)).toBe('status 401')
  isBroken = true
  expect(await deliver(secret)).toBe('status 500')
  expect(taken).toEqual([])
})

it('refuses a changed body, an old message, and one without a bound', async () => {
  const body = JSON.stringify({ type: 'parcels.deleted', data: { id: 'p1', version: 3 } })
  const now = Math.floor(Date.now() / 1_000)
  const send = async (timestamp: number, sent = body) => {
    const headers = signedHeaders({ id: 'evt_1', timestamp, body }, [secret])
    return (await fetch(url, { method: 'POST', headers, body: sent })).status
  }
  expect(await send(now)).toBe(204)
  expect(await send(now, body.replace('deleted', 'created'))).toBe(401)
  expect(await send(now - 600)).toBe(401)
  expect(await send(now, 'x'.repeat(65_537))).toBe(413)
})

it('is the one in the guide', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const code = readFileSync(join(folder, 'example/receive-webhooks.ts'), 'utf8')
  expect(readFileSync(join(folder, 'webhooks.md'), 'utf8')).toContain(`\`\`\`ts\n${code}\`\`\``)
})
