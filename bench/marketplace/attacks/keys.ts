import assert from 'node:assert/strict'
import { idsOf, inDays, makeListing, requireStatus } from '../expect.ts'
import type { Answer } from '../world.ts'
import type { Attack } from './attack.ts'

const replayed = ({ status, headers, text }: Answer) => [status, headers.get('idempotency-replayed'), text]

export const keys: Attack = {
  what: 'an Idempotency-Key is its subject’s alone, happens once, and repeats to nobody what they may not see any more',
  async prove(world) {
    const listing = await makeListing(world)
    const stay = (from: number) => ({ startsOn: inDays(from), endsOn: inDays(from + 1), guests: 1 })
    const headers = { 'idempotency-key': '"of-anybody"' }
    const book = (who: 'gina' | 'gus' | 'nobody', from: number, path = listing) =>
      world.send(who, 'POST', `${path}/book`, { body: stay(from), headers })
    const own = requireStatus(await book('gina', 3), 200)
    // Neither for the same request, which is refused for the nights, nor for another does Gus get Gina's booking.
    requireStatus(await book('gus', 3), 409, 'dates-taken')
    assert.notEqual(requireStatus(await book('gus', 5), 200).id, own.id)
    requireStatus(await book('nobody', 3), 401)
    requireStatus(await book('gina', 7), 422, 'idempotency-key-reused')
    requireStatus(await book('gina', 3, await makeListing(world)), 422, 'idempotency-key-reused')
    assert.deepEqual(replayed(await book('gina', 3)), [200, 'true', own.text])

    const once = { 'idempotency-key': '"twelve-at-once"' }
    const burst = await Promise.all(
      Array.from({ length: 12 }, () =>
        world.send('gina', 'POST', `${listing}/book`, { body: stay(9), headers: once }),
      ),
    )
    assert.equal(new Set(burst.filter(({ status }) => status === 200).map(({ id }) => id)).size, 1)
    const taken = await world.send(
      'gina',
      'GET',
      `/v1/bookings?startsOn=${inDays(9)}&listingId=${own.json.listingId}`,
    )
    assert.equal(idsOf(taken).length, 1)

    // An admin who has restored a draft, and is none any more.
    const draft = await makeListing(world, { status: 'draft' })
    requireStatus(await world.send('hanna', 'DELETE', draft), 204)
    const restore = (token?: string) =>
      world.send('ada', 'POST', `${draft}/restore`, {
        headers: { 'idempotency-key': '"restored"' },
        ...(token !== undefined && { token }),
      })
    const first = requireStatus(await restore(), 200)
    assert.deepEqual(replayed(await restore(await world.token('ada'))), [204, 'true', ''])
    assert.deepEqual(replayed(await restore()), [200, 'true', first.text])
  },
}
