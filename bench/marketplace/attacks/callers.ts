import assert from 'node:assert/strict'
import { makeListing, patch, requireStatus } from '../expect.ts'
import type { Answer, World } from '../world.ts'
import { type Attack, secret } from './attack.ts'

/** Roles that an issuer might put into a token by mistake, or an attacker find a way to: none is `admin`. */
const notAdmin: readonly unknown[] = [
  ...['Admin', 'admin ', 'x admin', 'x,admin', 'admin\u0000', 'аdmin', '["admin"]'],
  ...[['Admin'], [['admin']], [null, 'adm in'], ['admin\n'], [{ admin: 1 }], { 0: 'admin' }, { admin: true }],
  ...[true, 1, null],
]

/** Subjects that resemble Hanna's, or text of which keys and conditions are made. */
const notHanna: readonly string[] = [
  ...['hanna ', ' hanna', 'Hanna', 'hanna\u0000', 'hanna\u200b', 'hánna', 'hanna%20', '%68anna', '["hanna"]'],
  ...['hanna"', 'hanna"|hostId="hanna', 'x"|status="draft', '~hanna', '=hanna', '+', '*', '!', '{"$ne":1}'],
  ...['hanna/../hanna', '__proto__', 'constructor', 'undefined', 'x'.repeat(256), '\ud800'],
]

export const claims: Attack = {
  what: 'claims of odd types and subjects that resemble another grant nothing, whatever others have stored',
  async prove(world) {
    const draft = await makeListing(world, { status: 'draft', title: secret, city: 'Nowhere' })
    const paths = [
      draft,
      '/v1/listings?hostId=hanna',
      '/v1/listings?status=draft',
      '/v1/listings?city=Nowhere',
    ]
    for (const path of paths) for (const who of ['hanna', 'ada'] as const) await world.send(who, 'GET', path)
    const tokens = await Promise.all([
      ...notAdmin.map((roles) => world.token('eve', { roles })),
      ...['scope', 'permissions', 'groups', 'role'].map((name) => world.token('eve', { [name]: 'admin' })),
      ...notHanna.map((sub) => world.token(sub)),
    ])
    for (const token of tokens) {
      for (const path of paths) {
        const answer = await world.send('nobody', 'GET', path, { token })
        requireNothing(answer, path === draft ? [401, 404] : [200, 401])
      }
    }
  },
}

export const tenants: Attack = {
  what: 'a tenant’s documents, lists and cursors are of no use to another, whatever its claim looks like',
  async prove(world) {
    const [one, two] = [await found(world, 'hanna'), await found(world, 'harry')]
    const own = await world.token('hanna', { org_id: one })
    const queries = ['', '?amountCents=77', '?amountCents[gte]=1&limit=1']
    for (let index = 0; index < 3; index += 1) {
      const body = { note: `${secret} ${index}`, amountCents: 77 }
      requireStatus(await world.send('nobody', 'POST', '/v1/expenses', { token: own, body }), 201)
    }
    const stored = []
    for (const query of queries)
      stored.push(await world.send('nobody', 'GET', `/v1/expenses${query}`, { token: own }))
    const [first] = stored[0]?.json.items ?? []
    const cursor = `${queries[2]}&cursor=${stored[2]?.json.nextCursor}`
    const texts = [
      one.toUpperCase(),
      `${one} `,
      `${one},${two}`,
      `${one}\u0000`,
      `${two}"|orgId="${one}`,
      '',
      '*',
    ]
    const others: readonly unknown[] = [
      ...texts,
      ...[two, [two], [[one]], [two, null, {}], [], { id: one }, { $ne: '' }, true, 1, null],
    ]
    for (const org_id of others) {
      const token = await world.token('harry', { org_id, org_role: 'manager' })
      for (const query of [...queries, `/${first.id}`, cursor]) {
        requireNothing(await world.send('nobody', 'GET', `/v1/expenses${query}`, { token }), [200, 403, 404])
      }
      const change = { token, body: { note: 'Mine' }, headers: patch }
      requireNothing(await world.send('nobody', 'PATCH', `/v1/expenses/${first.id}`, change), [403, 404])
    }
  },
}

/** Requires one of the statuses, and that the answer has nothing of what is hidden. */
function requireNothing(answer: Answer, statuses: readonly number[]): void {
  const what = `${answer.method} ${answer.path}: ${answer.status} ${answer.text}`
  assert.ok(statuses.includes(answer.status), what)
  assert.ok(!answer.text.includes(secret), what)
}

async function found(world: World, who: 'hanna' | 'harry'): Promise<string> {
  return requireStatus(await world.send(who, 'POST', '/v1/organizations', { body: { name: who } }), 201).id
}
