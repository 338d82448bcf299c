import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Person, World } from './world.ts'

/** Requires the status, and the reason or code of a refusal. @returns the answer */
export function requireStatus(answer: Answer, status: number, reason?: string): Answer {
  const found = answer.json?.reason ?? answer.json?.code
  assert.deepEqual(
    [answer.status, ...(reason === undefined ? [] : [found])],
    [status, ...(reason === undefined ? [] : [reason])],
    `${answer.method} ${answer.path}: ${answer.status} ${answer.text}`,
  )
  return answer
}

/** `YYYY-MM-DD` of a day from now on. */
export const inDays = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

export const patch = { 'content-type': 'application/merge-patch+json' } as const

/** A point of GeoJSON. */
export const at = (latitude: number, longitude: number) => ({
  type: 'Point',
  coordinates: [longitude, latitude],
})

/** A listing of Hanna's. @returns its path */
export async function makeListing(world: World, fields: object = {}): Promise<string> {
  const body = {
    ...{ title: 'Attic', description: 'Under the roof.', city: 'Lisbon', guestsMax: 2 },
    location: at(38.7223, -9.1393),
    ...{ priceCents: 9_000, status: 'published', ...fields },
  }
  const made = requireStatus(await world.send('hanna', 'POST', '/v1/listings', { body }), 201)
  return `/v1/listings/${made.id}`
}

/** A booking of Gina's, of a new listing of Hanna's that costs 9,000 cents a night. @returns its path */
export async function makeBooking(world: World, days: { from: number; to: number }): Promise<string> {
  const listing = await makeListing(world)
  const body = { startsOn: inDays(days.from), endsOn: inDays(days.to), guests: 1 }
  const booked = requireStatus(await world.send('gina', 'POST', `${listing}/book`, { body }), 200)
  return `/v1/bookings/${booked.json.id}`
}

/** Lets the payment provider tell that a booking is paid. */
export async function pay(world: World, booking: string, amountCents: number): Promise<void> {
  const data = { bookingId: booking.split('/').at(-1), amountCents }
  requireStatus(await world.webhook({ type: 'payment.succeeded', data }), 204)
}

/** Waits for what happens in the background: a minute at most. */
export async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, 'it did not happen within a minute')
    await sleep(100)
  }
}

/** Ids of the items of a list. */
export const idsOf = (list: Answer): readonly string[] =>
  requireStatus(list, 200).json.items.map(({ id }: { id: string }) => id)

/** Shows how a person sees a document: the status of a read of it, and whether a list has it. */
export const seenBy =
  (world: World, path: string, list: string) =>
  async (who: Person): Promise<readonly [status: number, isListed: boolean]> => [
    (await world.send(who, 'GET', path)).status,
    idsOf(await world.send(who, 'GET', list)).includes(idOf(path)),
  ]

export const idOf = (path: string): string => path.split('/').at(-1) ?? ''
