import assert from 'node:assert/strict'
import { idOf, makeListing, patch, requireStatus } from '../expect.ts'
import type { Need } from '../need.ts'
import type { Person } from '../world.ts'

export const profile: Need = {
  number: 1,
  what: 'a profile has fields for everybody and fields for its owner, who edits it',
  by: 'access.fields',
  async prove(world) {
    const body = { displayName: 'Gina', email: 'gina@example.com' }
    requireStatus(await world.send('nobody', 'POST', '/v1/profiles', { body }), 401)
    const made = requireStatus(await world.send('gina', 'POST', '/v1/profiles', { body }), 201)
    requireStatus(await world.send('gina', 'POST', '/v1/profiles', { body }), 409)
    const path = `/v1/profiles/${made.id}`
    const shown = async (who: Person) => {
      const one = requireStatus(await world.send(who, 'GET', path), 200).json
      const list = requireStatus(await world.send(who, 'GET', '/v1/profiles?userId=gina'), 200).json
      assert.deepEqual(list.items, [one])
      return [one.displayName, one.email]
    }
    for (const _ of [1, 2]) {
      assert.deepEqual(await shown('gina'), ['Gina', 'gina@example.com'])
      assert.deepEqual(await shown('ada'), ['Gina', 'gina@example.com'])
      for (const who of ['nobody', 'hanna'] as const) assert.deepEqual(await shown(who), ['Gina', undefined])
    }
    const change = (who: Person, fields: object) =>
      world.send(who, 'PATCH', path, { body: fields, headers: patch })
    requireStatus(await change('nobody', { email: 'x@example.com' }), 401)
    requireStatus(await change('hanna', { displayName: 'X' }), 403)
    requireStatus(await change('gina', { isVerified: true }), 403)
    requireStatus(await change('gina', { email: 'new@example.com' }), 200)
    assert.deepEqual(await shown('ada'), ['Gina', 'new@example.com'])
    assert.deepEqual(await shown('hanna'), ['Gina', undefined])
    requireStatus(await change('ada', { isVerified: true }), 200)
    assert.equal((await world.send('nobody', 'GET', path)).json.isVerified, true)
  },
}

export const admin: Need = {
  number: 17,
  what: 'an admin sees everything, and may mend it',
  by: "any(…, role('admin'))",
  async prove(world) {
    const path = await makeListing(world, { status: 'draft' })
    requireStatus(await world.send('gina', 'GET', path), 404)
    requireStatus(await world.send('ada', 'GET', path), 200)
    const list = await world.send('ada', 'GET', '/v1/listings?status=draft&limit=100')
    assert.ok(list.json.items.some(({ id }: { id: string }) => id === idOf(path)))
    const change = { body: { title: 'Mended' }, headers: patch }
    requireStatus(await world.send('gina', 'PATCH', path, change), 404)
    requireStatus(await world.send('ada', 'PATCH', path, change), 200)
    assert.equal((await world.send('hanna', 'GET', path)).json.title, 'Mended')
    // A listing that an admin has taken down stays down, and its host may restore only what they have deleted themselves.
    const block = { body: { isBlocked: true, status: 'draft' }, headers: patch }
    const publish = { body: { status: 'published' }, headers: patch }
    requireStatus(await world.send('hanna', 'PATCH', path, block), 403)
    requireStatus(await world.send('ada', 'PATCH', path, block), 200)
    requireStatus(await world.send('hanna', 'PATCH', path, publish), 409, 'blocked')
    requireStatus(await world.send('hanna', 'PATCH', path, { ...block, body: { isBlocked: null } }), 403)
    requireStatus(await world.send('ada', 'DELETE', path), 403)
    requireStatus(await world.send('hanna', 'DELETE', path), 204)
    requireStatus(await world.send('hanna', 'POST', `${path}/restore`), 200)
    requireStatus(await world.send('hanna', 'PATCH', path, publish), 409, 'blocked')
    requireStatus(await world.send('gina', 'GET', path), 404)
    // Roles in another issuer's claim, and unknown roles, grant nothing.
    const other = await world.token('eve', { roles: ['administrator'], admin: true })
    requireStatus(await world.send('nobody', 'GET', path, { token: other }), 404)
  },
}
