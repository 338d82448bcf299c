import assert from 'node:assert/strict'
import { idsOf, requireStatus } from '../expect.ts'
import type { Attack } from './attack.ts'

export const crowd: Attack = {
  what: 'an organization with more members than a stored copy can name is shown to its members alone, and until they leave',
  async prove(world) {
    const made = await world.send('hanna', 'POST', '/v1/organizations', { body: { name: 'Crowd' } })
    const path = `/v1/organizations/${requireStatus(made, 201).id}`
    const change = async (name: string, userId: string) =>
      requireStatus(await world.send('hanna', 'POST', `${path}/${name}`, { body: { userId } }), 200)
    // Together they take more than the 6 KB of fields that the edge keeps beside a copy.
    const members = Array.from({ length: 40 }, (_, index) => `${index}-${'x'.repeat(200)}`)
    for (const member of members) await change('add-member', member)
    const [first = '', last = ''] = [members[0], members.at(-1)]
    const tokens = new Map(
      await Promise.all([first, last].map(async (sub) => [sub, await world.token(sub)] as const)),
    )
    const requireSeen = async (who: string, isSeen: boolean) => {
      const sent = { token: tokens.get(who) ?? (await world.token(who)) }
      requireStatus(await world.send('nobody', 'GET', path, sent), isSeen ? 200 : 404)
      const listed = idsOf(await world.send('nobody', 'GET', '/v1/organizations', sent))
      assert.deepEqual(listed, isSeen ? [made.id] : [], who.slice(0, 9))
    }
    for (const _ of [1, 2]) {
      for (const who of [first, last]) await requireSeen(who, true)
      for (const who of ['x', first.slice(0, -1)]) await requireSeen(who, false)
    }
    await change('remove-member', last)
    await requireSeen(last, false)
    await requireSeen(first, true)
  },
}
