import assert from 'node:assert/strict'
import { idOf, inDays, makeBooking, makeListing, patch, requireStatus } from '../expect.ts'
import type { Attack } from './attack.ts'

/** Steps that one order of them explains, by the status in which they leave a booking. */
const explained: Readonly<Record<string, readonly string[]>> = {
  requested: [''],
  accepted: ['accept'],
  declined: ['decline'],
  cancelled: ['cancel', 'accept,cancel', 'accept,cancel,pay'],
  paid: ['accept,pay'],
  completed: ['accept,complete,pay'],
}

export const races: Attack = {
  what: 'steps of a booking that are taken at once end as in one order of them, and nothing is booked after a withdrawal',
  async prove(world) {
    for (let round = 0; round < 5; round += 1) {
      const path = await makeBooking(world, { from: 0, to: 1 })
      const steps = {
        accept: world.send('hanna', 'POST', `${path}/accept`),
        cancel: world.send('gina', 'POST', `${path}/cancel`),
        complete: world.send('hanna', 'POST', `${path}/complete`),
        decline: world.send('hanna', 'POST', `${path}/decline`),
        pay: world.webhook({
          type: 'payment.succeeded',
          data: { bookingId: idOf(path), amountCents: 9_000 },
        }),
      }
      const done: string[] = []
      for (const [name, step] of Object.entries(steps)) if ((await step).status < 300) done.push(name)
      const { status } = (await world.send('gina', 'GET', path)).json
      assert.ok(explained[status]?.includes(done.join()), `${status} after ${done.join()}`)
    }
    for (let round = 0; round < 5; round += 1) {
      const listing = await makeListing(world)
      const book = (who: 'gina' | 'gus', from: number) =>
        world.send(who, 'POST', `${listing}/book`, {
          body: { startsOn: inDays(from), endsOn: inDays(from + 1), guests: 1 },
        })
      const withdrawal = world.send('hanna', 'PATCH', listing, { body: { status: 'draft' }, headers: patch })
      const [withdrawn] = await Promise.all([withdrawal, book('gina', 3), book('gus', 5)])
      requireStatus(withdrawn, 200)
      requireStatus(await book('gina', 9), 404)
      const seen = await world.send('gina', 'GET', `/v1/bookings?listingId=${idOf(listing)}&expand=listingId`)
      for (const { expanded } of seen.json.items) assert.equal(expanded.listingId, null)
    }
  },
}
