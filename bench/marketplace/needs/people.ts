import assert from 'node:assert/strict'
import { patch, requireStatus } from '../expect.ts'
import type { Need } from '../need.ts'

export const profile: Need = {
  number: 1,
  what: 'a profile has fields for everybody and fields for its owner, who edits it',
  by: 'access.fields is not there yet',
  prove: 'not yet',
}

export const admin: Need = {
  number: 17,
  what: 'an admin sees everything, and may mend it',
  by: "any(…, role('admin'))",
  async prove(world) {
    const draft = requireStatus(
      await world.send('hanna', 'POST', '/v1/listings', {
        body: {
          ...{ title: 'Draft', description: '', city: 'Porto', guestsMax: 1, priceCents: 1, status: 'draft' },
        },
      }),
      201,
    )
    const path = `/v1/listings/${draft.id}`
    requireStatus(await world.send('gina', 'GET', path), 404)
    requireStatus(await world.send('ada', 'GET', path), 200)
    const list = await world.send('ada', 'GET', '/v1/listings?status=draft&limit=100')
    assert.ok(list.json.items.some(({ id }: { id: string }) => id === draft.id))
    const change = { body: { title: 'Mended' }, headers: patch }
    requireStatus(await world.send('gina', 'PATCH', path, change), 404)
    requireStatus(await world.send('ada', 'PATCH', path, change), 200)
    assert.equal((await world.send('hanna', 'GET', path)).json.title, 'Mended')
    // A role that another issuer's claim has, or that is none of ours, opens nothing.
    const other = await world.token('eve', { roles: ['administrator'], admin: true })
    requireStatus(await world.send('nobody', 'GET', path, { token: other }), 404)
  },
}
