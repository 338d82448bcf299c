import assert from 'node:assert/strict'
import { idsOf, patch, requireStatus } from '../expect.ts'
import type { Need } from '../need.ts'
import type { Person, World } from '../world.ts'

export const roles: Need = {
  number: 16,
  what: 'organizations have an owner, managers and members, who may do different things',
  by: "owner('ownerId'), member('managerIds'), member('memberIds'); a guard for those who have left",
  async prove(world) {
    const path = await found(world, 'hanna')
    const ask = (who: Person, name: string, userId: string) =>
      world.send(who, 'POST', `${path}/${name}`, { body: { userId } })
    requireStatus(await ask('harry', 'add-member', 'harry'), 404)
    requireStatus(await ask('nobody', 'add-member', 'harry'), 401)
    for (const who of ['harry', 'gina']) requireStatus(await ask('hanna', 'add-member', who), 200)
    requireStatus(await world.send('harry', 'GET', path), 200)
    requireStatus(await world.send('gus', 'GET', path), 404)

    requireStatus(await ask('harry', 'add-member', 'gus'), 403)
    requireStatus(await ask('harry', 'appoint-manager', 'harry'), 403)
    requireStatus(await ask('hanna', 'appoint-manager', 'gus'), 409, 'not-a-member')
    requireStatus(await ask('hanna', 'appoint-manager', 'harry'), 200)
    requireStatus(await ask('harry', 'add-member', 'gus'), 200)
    requireStatus(await ask('harry', 'appoint-manager', 'gina'), 403)
    requireStatus(await ask('hanna', 'remove-member', 'harry'), 409, 'is-manager')
    const rename = { body: { name: 'Casa' }, headers: patch }
    requireStatus(await world.send('gina', 'PATCH', path, rename), 403)
    requireStatus(await world.send('harry', 'PATCH', path, rename), 200)
    // Members and roles change by actions alone.
    const seize = { body: { managerIds: ['gus'] }, headers: patch }
    requireStatus(await world.send('harry', 'PATCH', path, seize), 422)
    requireStatus(await world.send('harry', 'DELETE', path), 403)

    // Twenty people join at once, and none is lost.
    const many = Array.from({ length: 20 }, (_, index) => `member-${index}`)
    for (const answer of await Promise.all(many.map((userId) => ask('hanna', 'add-member', userId))))
      requireStatus(answer, 200)
    const { memberIds } = (await world.send('hanna', 'GET', path)).json
    assert.deepEqual(memberIds.toSorted(), ['gina', 'gus', 'harry', ...many].toSorted())

    // There is room for so many managers, and for no more.
    for (const userId of many.slice(0, 19)) requireStatus(await ask('hanna', 'appoint-manager', userId), 200)
    requireStatus(await ask('hanna', 'appoint-manager', 'gina'), 409, 'full')

    // A token of a member outlives the membership, and writes nothing.
    const org = path.split('/').at(-1) ?? ''
    const token = await world.token('gus', { org_id: org })
    const spend = () =>
      world.send('gus', 'POST', '/v1/expenses', { token, body: { note: 'Soap', amountCents: 500 } })
    requireStatus(await spend(), 201)
    requireStatus(await ask('harry', 'remove-member', 'gus'), 200)
    requireStatus(await spend(), 403, 'not-a-member')
    // It reads until it expires or is revoked, since the tenant is the token's word; the next token does not name one.
    requireStatus(await world.send('gus', 'GET', '/v1/expenses', { token }), 200)
    requireStatus(await world.send('gus', 'GET', '/v1/expenses'), 403)
    requireStatus(await world.send('gus', 'GET', path), 404)
  },
}

export const tenants: Need = {
  number: 24,
  what: 'no tenant sees, changes or makes what is another’s',
  by: "tenant('orgId', 'org_id'), claim('org_role', 'manager')",
  async prove(world) {
    // The cast is safe: two paths give two names.
    const [first, second] = [await found(world, 'hanna'), await found(world, 'harry')].map(
      (path) => path.split('/').at(-1) ?? '',
    ) as [string, string]
    const hanna = await world.token('hanna', { org_id: first, org_role: 'manager' })
    const harry = await world.token('harry', { org_id: second, org_role: 'manager' })
    const as = (token: string, method: string, path: string, body?: object) =>
      world.send('nobody', method, path, {
        token,
        ...(body !== undefined && { body }),
        ...(method === 'PATCH' && { headers: patch }),
      })
    const made = requireStatus(
      await as(hanna, 'POST', '/v1/expenses', { note: 'Paint', amountCents: 9_900 }),
      201,
    )
    assert.equal(made.json.orgId, first)
    const path = `/v1/expenses/${made.id}`
    const other = requireStatus(
      await as(harry, 'POST', '/v1/expenses', { note: 'Nails', amountCents: 9_900 }),
      201,
    )

    for (const _ of [1, 2]) {
      requireStatus(await as(hanna, 'GET', path), 200)
      requireStatus(await as(harry, 'GET', path), 404)
      assert.deepEqual(idsOf(await as(hanna, 'GET', '/v1/expenses?amountCents=9900')), [made.id])
      assert.deepEqual(idsOf(await as(harry, 'GET', '/v1/expenses?amountCents=9900')), [other.id])
    }
    requireStatus(await as(harry, 'PATCH', path, { note: 'Mine' }), 404)
    requireStatus(await as(harry, 'DELETE', path), 404)
    requireStatus(await as(harry, 'POST', '/v1/expenses', { note: 'T', amountCents: 1, orgId: first }), 422)
    // A token without a tenant sees no tenant's documents, even the marketplace operator's.
    requireStatus(await world.send('ada', 'GET', path), 403)
    requireStatus(await world.send('nobody', 'GET', path), 401)
    // Within a tenant, access depends on the caller's role.
    const clerk = await world.token('gus', { org_id: first, org_role: 'clerk' })
    requireStatus(await as(clerk, 'GET', path), 200)
    requireStatus(await as(clerk, 'DELETE', path), 403)
    requireStatus(await as(hanna, 'DELETE', path), 204)
  },
}

async function found(world: World, who: 'hanna' | 'harry'): Promise<string> {
  const made = await world.send(who, 'POST', '/v1/organizations', { body: { name: `${who} & Co` } })
  return `/v1/organizations/${requireStatus(made, 201).id}`
}
