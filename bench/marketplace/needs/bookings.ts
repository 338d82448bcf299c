import assert from 'node:assert/strict'
import { idOf, inDays, makeBooking, makeListing, pay, requireStatus, seenBy } from '../expect.ts'
import type { Need } from '../need.ts'
import type { Person, World } from '../world.ts'

export const bothParties: Need = {
  number: 8,
  what: 'a booking is shown to its guest and its host, and to nobody else',
  by: "read: any(owner('guestId'), owner('hostId'), role('admin'))",
  async prove(world) {
    const path = await makeBooking(world, { from: 3, to: 5 })
    const seen = seenBy(world, path, '/v1/bookings?limit=100')
    for (const _ of [1, 2]) {
      assert.deepEqual(await seen('gina'), [200, true])
      assert.deepEqual(await seen('hanna'), [200, true])
      assert.deepEqual(await seen('ada'), [200, true])
      assert.deepEqual(await seen('gus'), [404, false])
      assert.deepEqual(await seen('harry'), [404, false])
    }
    requireStatus(await world.send('nobody', 'GET', path), 401)
    const booking = (await world.send('gina', 'GET', path)).json
    assert.deepEqual(
      [booking.guestId, booking.hostId, booking.nights, booking.totalCents, booking.status],
      ['gina', 'hanna', 2, 18_000, 'requested'],
    )
  },
}

export const noOverlap: Need = {
  number: 9,
  what: 'no two bookings of a listing have a night in common',
  by: 'a guard: store.lock on the listing, store.find among its bookings',
  async prove(world) {
    const listing = await makeListing(world)
    const ask = (token: string, from: number, to: number) =>
      world.send('nobody', 'POST', `${listing}/book`, {
        token,
        body: { startsOn: inDays(from), endsOn: inDays(to), guests: 1 },
      })
    const guests = await Promise.all(Array.from({ length: 20 }, (_, index) => world.token(`guest-${index}`)))
    // All bookings share the nights from the 6th day to the 8th.
    const overlapping = await Promise.all(
      guests.map((token, index) => ask(token, 3 + (index % 4), 8 + (index % 3))),
    )
    const winners = overlapping.filter(({ status }) => status === 200)
    assert.equal(winners.length, 1)
    for (const answer of overlapping) if (answer !== winners[0]) requireStatus(answer, 409, 'dates-taken')

    const apart = await Promise.all(guests.map((token, index) => ask(token, 20 + index, 21 + index)))
    assert.deepEqual(
      apart.map(({ status }) => status),
      guests.map(() => 200),
    )
    // Departure and arrival may be on one day; a stay around, or within, another may not be.
    const [guest = ''] = guests
    requireStatus(await ask(guest, 40, 41), 200)
    requireStatus(await ask(guest, 19, 42), 409, 'dates-taken')
    requireStatus(await ask(guest, 30, 31), 409, 'dates-taken')
    const stays = requireStatus(
      await world.send('ada', 'GET', `/v1/bookings?listingId=${idOf(listing)}&limit=100`),
      200,
    )
    assertApart(stays.json.items)

    // Neither a stay without end nor one that no payment covers.
    requireStatus(await ask(guest, 50, 50 + 366), 422)
    const dear = await makeListing(world, { priceCents: 60_000_000 })
    const stay = { startsOn: inDays(3), endsOn: inDays(5), guests: 1 }
    requireStatus(await world.send('gina', 'POST', `${dear}/book`, { body: stay }), 409, 'too-dear')

    const first = winners[0]?.json.id
    requireStatus(await world.send('hanna', 'POST', `/v1/bookings/${first}/decline`), 200)
    requireStatus(await ask(guest, 4, 5), 200)
  },
}

function assertApart(stays: readonly { startsOn: string; endsOn: string; status: string }[]): void {
  const sorted = stays.filter(({ status }) => status === 'requested').toSorted(byStart)
  assert.equal(sorted.length, 22)
  for (const [index, stay] of sorted.slice(1).entries()) {
    assert.ok((sorted[index]?.endsOn ?? '') <= stay.startsOn, JSON.stringify([sorted[index], stay]))
  }
}

const byStart = (a: { startsOn: string }, b: { startsOn: string }) => (a.startsOn < b.startsOn ? -1 : 1)

export const order: Need = {
  number: 10,
  what: 'a booking goes through its states in order, and no other way',
  by: 'check with before: refuse()',
  async prove(world) {
    const path = await makeBooking(world, { from: 0, to: 1 })
    requireStatus(await step(world, 'hanna', path, 'complete'), 409, 'wrong-step')
    requireStatus(await step(world, 'hanna', path, 'accept'), 200)
    requireStatus(await step(world, 'hanna', path, 'decline'), 409, 'wrong-step')
    requireStatus(await step(world, 'hanna', path, 'complete'), 409, 'wrong-step')
    await pay(world, path, 9_000)
    requireStatus(await step(world, 'hanna', path, 'accept'), 409, 'wrong-step')
    requireStatus(await step(world, 'hanna', path, 'complete'), 200)
    requireStatus(await step(world, 'gina', path, 'cancel'), 409, 'wrong-step')
    assert.equal((await world.send('gina', 'GET', path)).json.status, 'completed')

    // The status changes by actions alone: no update may set it.
    requireStatus(await world.send('hanna', 'PATCH', path, { body: { status: 'requested' } }), 405)
    requireStatus(await world.send('ada', 'PUT', path, { body: {} }), 405)

    const future = await makeBooking(world, { from: 9, to: 10 })
    requireStatus(await step(world, 'hanna', future, 'accept'), 200)
    await pay(world, future, 9_000)
    requireStatus(await step(world, 'hanna', future, 'complete'), 409, 'not-begun')

    // Accept and decline are sent at the same time: one of them happens.
    for (const _ of [1, 2, 3]) {
      const raced = await makeBooking(world, { from: 5, to: 6 })
      const both = await Promise.all(['accept', 'decline'].map((name) => step(world, 'hanna', raced, name)))
      const codes = both.map(({ status }) => status).toSorted()
      assert.deepEqual(codes, [200, 409])
      const status = (await world.send('gina', 'GET', raced)).json.status
      assert.equal(status, both[0]?.status === 200 ? 'accepted' : 'declined')
    }
  },
}

export const parties: Need = {
  number: 11,
  what: 'each step belongs to a party: the host accepts, the guest cancels',
  by: "action() with access: owner('hostId'), any(owner('guestId'), owner('hostId'))",
  async prove(world) {
    const path = await makeBooking(world, { from: 2, to: 3 })
    for (const name of ['accept', 'decline', 'complete']) {
      requireStatus(await step(world, 'gina', path, name), 403)
      requireStatus(await step(world, 'gus', path, name), 404)
      requireStatus(await step(world, 'nobody', path, name), 401)
    }
    requireStatus(await step(world, 'harry', path, 'cancel'), 404)
    assert.equal((await world.send('gina', 'GET', path)).json.status, 'requested')
    requireStatus(await step(world, 'hanna', path, 'accept'), 200)
    requireStatus(await step(world, 'gina', path, 'cancel'), 200)
    assert.equal((await world.send('hanna', 'GET', path)).json.status, 'cancelled')

    const listing = await makeListing(world)
    const body = { startsOn: inDays(1), endsOn: inDays(2), guests: 1 }
    requireStatus(await world.send('hanna', 'POST', `${listing}/book`, { body }), 409, 'own-listing')
    requireStatus(await world.send('nobody', 'POST', `${listing}/book`, { body }), 401)
    const draft = await makeListing(world, { status: 'draft' })
    requireStatus(await world.send('gina', 'POST', `${draft}/book`, { body }), 404)
    const wrong = { startsOn: inDays(2), endsOn: inDays(1), guests: 9 }
    const refused = requireStatus(await world.send('gina', 'POST', `${listing}/book`, { body: wrong }), 422)
    assert.equal(refused.json.errors[0].pointer, '/endsOn')
  },
}

const step = (world: World, who: Person, path: string, name: string) =>
  world.send(who, 'POST', `${path}/${name}`)
