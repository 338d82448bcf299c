import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { isSignedBy } from '../../../origin/test/support/receiver.ts'
import { eventually, idOf, idsOf, makeBooking, makeListing, patch, requireStatus } from '../expect.ts'
import type { Need } from '../need.ts'
import type { Person } from '../world.ts'

/** A record of a history, as far as it is proven. */
interface Told {
  readonly version: number
  readonly type: string
  readonly by: string
  readonly changed: readonly string[]
  readonly before: object
  readonly after: object
}

export const csv: Need = {
  number: 21,
  what: 'a list is exported as CSV',
  by: 'export',
  async prove(world) {
    const own = await makeBooking(world, { from: 30, to: 31 })
    const rows = async (who: Person, query = '') => {
      const headers = { accept: 'text/csv' }
      const answer = requireStatus(
        await world.send(who, 'GET', `/v1/bookings?fields=totalCents,guestId,id${query}`, { headers }),
        200,
      )
      assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/)
      const [head, ...lines] = answer.text.trimEnd().split('\r\n')
      assert.equal(head, 'totalCents,guestId,id')
      return lines.map((line) => line.split(','))
    }
    const count = async (who: Person) =>
      (await world.send(who, 'GET', '/v1/bookings?count=true&limit=1')).json.count.value
    for (const who of ['hanna', 'gina', 'ada'] as const) {
      const exported = await rows(who)
      assert.equal(exported.length, await count(who))
      assert.ok(exported.some(([, , id]) => id === idOf(own)))
    }
    assert.ok((await rows('gina')).every(([, guestId]) => guestId === 'gina'))
    assert.deepEqual(await rows('gus'), [])
    assert.ok((await rows('ada', '&status=completed')).length < (await rows('ada')).length)
    const csv = { headers: { accept: 'text/csv' } }
    requireStatus(await world.send('nobody', 'GET', '/v1/bookings', csv), 401)
    // A resource without the option `export` is not exported.
    requireStatus(await world.send('ada', 'GET', '/v1/profiles', csv), 406)
  },
}

export const webhookIn: Need = {
  number: 22,
  what: 'the payment provider’s signed webhook marks a booking paid, once',
  by: 'endpoint(): raw bytes, the signature’s headers, idempotencyKey',
  async prove(world) {
    const path = await makeBooking(world, { from: 1, to: 3 })
    requireStatus(await world.send('hanna', 'POST', `${path}/accept`), 200)
    const event = (amountCents: number, bookingId = idOf(path)) => ({
      type: 'payment.succeeded',
      data: { bookingId, amountCents },
    })
    const status = async () => (await world.send('gina', 'GET', path)).json.status
    assert.equal(await status(), 'accepted')
    const wrongSecret = `whsec_${Buffer.from('not the secret').toString('base64')}`
    requireStatus(await world.webhook(event(18_000), { secret: wrongSecret }), 403, 'bad-signature')
    requireStatus(await world.webhook(event(18_000), { ageSeconds: 600 }), 403, 'bad-signature')
    requireStatus(await world.webhook(event(1)), 409, 'bad-booking')
    requireStatus(await world.webhook(event(18_000, 'nothing')), 409, 'bad-booking')
    requireStatus(await world.webhook({ type: 'payment.strange' }), 400, 'bad-event')
    const unsigned = { body: event(18_000) }
    requireStatus(await world.send('gina', 'POST', '/v1/payments/provider-webhook', unsigned), 403)
    assert.equal(await status(), 'accepted')

    // The provider repeats itself, at once and later.
    const id = `evt-${randomUUID()}`
    const answers = await Promise.all([1, 2, 3].map(() => world.webhook(event(18_000), { id })))
    for (const answer of answers) {
      if (answer.status !== 204) requireStatus(answer, 409, 'idempotency-key-in-use')
    }
    const again = requireStatus(await world.webhook(event(18_000), { id }), 204)
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal(await status(), 'paid')
    for (const who of ['gina', 'hanna', 'ada'] as const) {
      assert.equal(
        requireStatus(await world.send(who, 'GET', `/v1/payments/${id}`), 200).json.amountCents,
        18_000,
      )
    }
    requireStatus(await world.send('gus', 'GET', `/v1/payments/${id}`), 404)
    // A booking is paid once, whatever further events say.
    requireStatus(await world.webhook(event(18_000)), 409, 'unique-conflict')
  },
}

export const webhookOut: Need = {
  number: 12,
  what: 'a mail service is told of bookings by a webhook of ours, and an accepted one opens a conversation',
  by: 'events, npm run webhooks, on()',
  async prove(world) {
    await using mail = await world.receive('bookings')
    const path = await makeBooking(world, { from: 40, to: 41 })
    requireStatus(await world.send('hanna', 'POST', `${path}/accept`), 200)
    const told = () => mail.received.filter(({ json }) => json.data.id === idOf(path))
    await eventually(async () => told().length === 2)
    assert.deepEqual(
      told().map(({ json: { type, data } }) => [type, data.version, data.changed, data.href]),
      [
        ['bookings.created', 1, undefined, path],
        ['bookings.updated', 2, ['status'], path],
      ],
    )
    assert.ok(told().every((one) => isSignedBy(one, mail.secret)))
    // The message names the booking; who reads it is decided as ever.
    assert.ok(told().every(({ body }) => !body.includes('gina')))
    requireStatus(await world.send('gus', 'GET', path), 404)

    const conversation = `/v1/conversations/${idOf(path)}`
    const status = async (who: Person) => (await world.send(who, 'GET', conversation)).status
    await eventually(async () => (await status('gina')) === 200)
    assert.equal(await status('hanna'), 200)
    assert.equal(await status('gus'), 404)
  },
}

export const audit: Need = {
  number: 18,
  what: 'a history of who changed what',
  by: 'history: { keep, read, values }',
  async prove(world) {
    const path = await makeListing(world, { title: 'Cellar' })
    const change = (who: Person, body: object) => world.send(who, 'PATCH', path, { body, headers: patch })
    requireStatus(await change('hanna', { priceCents: 7_000 }), 200)
    requireStatus(await change('ada', { title: 'Basement' }), 200)
    const history = (who: Person, query = '') => world.send(who, 'GET', `${path}/history${query}`)
    const isTold = async (count: number) => (await history('hanna')).json.items.length === count
    await eventually(() => isTold(3))
    for (const who of ['hanna', 'ada'] as const) {
      const { items } = requireStatus(await history(who), 200).json
      const told = items.map((one: Told) => [
        one.version,
        one.type,
        one.by,
        one.changed.join(),
        one.before,
        one.after,
      ])
      assert.deepEqual(told.slice(0, 2), [
        [3, 'updated', 'ada', 'title', { title: 'Cellar' }, { title: 'Basement' }],
        [2, 'updated', 'hanna', 'priceCents', { priceCents: 9_000 }, { priceCents: 7_000 }],
      ])
      assert.deepEqual([told[2][1], told[2][2]], ['created', 'hanna'])
    }
    // The listing is published, so everybody may read it, but not who changed what.
    for (const who of ['harry', 'gina'] as const) requireStatus(await history(who), 404)
    requireStatus(await history('nobody'), 401)
    const first = requireStatus(await history('ada', '?limit=2'), 200).json
    const rest = requireStatus(await history('ada', `?limit=2&cursor=${first.nextCursor}`), 200).json
    assert.deepEqual([first.items.length, rest.items.length, rest.nextCursor], [2, 1, null])
    requireStatus(await world.send('hanna', 'DELETE', path), 204)
    await eventually(() => isTold(4))
    const [deleted] = (await history('ada')).json.items
    assert.deepEqual([deleted.type, deleted.by], ['deleted', 'hanna'])
    requireStatus(await history('gina'), 404)
    requireStatus(await world.send('hanna', 'POST', `${path}/restore`), 200)
    await eventually(() => isTold(5))
    assert.equal((await history('hanna')).json.items[0].via, 'restore')
  },
}

export const apiKeys: Need = {
  number: 23,
  what: 'a host’s channel manager works with an API key, which is rotated and revoked',
  by: 'apiKeys(), npm run apikeys',
  async prove(world) {
    const issuing = { body: { name: 'channel manager', subject: 'hanna', scopes: [] } }
    requireStatus(await world.send('hanna', 'POST', '/v1/api-keys/issue', issuing), 403)
    const { id, key: token } = requireStatus(
      await world.send('ada', 'POST', '/v1/api-keys/issue', issuing),
      200,
    ).json
    const keyPath = `/v1/api-keys/${id}`

    // It acts as Hanna, and as nobody else.
    const theirs = await makeBooking(world, { from: 50, to: 51 })
    const status = async (sent: string, path = theirs) =>
      (await world.send('nobody', 'GET', path, { token: sent })).status
    assert.equal(await status(token), 200)
    const listing = { body: { title: 'Attic' }, headers: patch, token }
    const [own] = idsOf(await world.send('hanna', 'GET', '/v1/listings?hostId=hanna&limit=1'))
    requireStatus(await world.send('nobody', 'PATCH', `/v1/listings/${own}`, listing), 200)
    requireStatus(await world.send('nobody', 'POST', '/v1/api-keys/issue', { ...issuing, token }), 403)
    requireStatus(await world.send('gus', 'GET', keyPath), 404)
    assert.equal(await status(token.replace(/.$/, '!')), 401)

    // The new secret works at once; the one so far until the overlap ends.
    const rotating = { body: { overlapSeconds: 3_600 } }
    const rotated = requireStatus(await world.send('ada', 'POST', `${keyPath}/rotate`, rotating), 200).json
    await eventually(async () => (await status(rotated.key)) === 200)
    assert.equal(await status(token), 200)

    const revokedAtMs = performance.now()
    requireStatus(await world.send('ada', 'POST', `${keyPath}/revoke`), 200)
    for (const one of [token, rotated.key]) await eventually(async () => (await status(one)) === 401)
    assert.ok(performance.now() - revokedAtMs < 60_000)
    // Public content is refused, too: its sender expects the key to count.
    assert.equal(await status(token, `/v1/listings/${own}`), 401)
    const shown = requireStatus(await world.send('ada', 'GET', keyPath), 200)
    assert.ok(shown.json.revokedAt !== undefined && !shown.text.includes(token.slice(16)))
    const logs = await world.logs()
    assert.ok(!logs.includes(token) && !logs.includes(rotated.key))
  },
}
