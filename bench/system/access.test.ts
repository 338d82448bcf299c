import { defineApplication } from '@spillway/origin/contract'
import { documents } from '@spillway/origin/example/documents'
import { people as profiles } from '@spillway/origin/example/people'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ExampleStack, startExampleStack } from './example-stack.ts'

/** Access rules through edge, cache, origin and database: the examples of origin/docs/model/access.md and fields.md. */

let stack: ExampleStack

/** People by name, with the organization and roles in their tokens. */
const people = {
  ann: { org: 'acme', roles: [] },
  rob: { org: 'acme', roles: [] },
  cid: { org: 'acme', roles: [] },
  eve: { org: 'acme', roles: ['editor', 'hr'] },
  eli: { org: 'acme', roles: ['editor', 'auditor'] },
  sam: { org: 'other', roles: ['editor'] },
} as const
type Person = keyof typeof people | 'nobody'

beforeAll(async () => {
  const application = defineApplication({
    name: 'access',
    title: 'Access',
    summary: 'Rules.',
    resources: [documents, profiles],
  })
  const claimsOf = Object.entries(people).map(([name, { org, roles }]) => [
    name,
    { org_id: org, realm_access: { roles } },
  ])
  stack = await startExampleStack({
    worker: 'access-worker',
    app: { application },
    people: Object.fromEntries(claimsOf),
    claims: { roles: 'realm_access.roles' },
  })
})

afterAll(() => stack?.stop())

const send = (who: Person, method: string, path: string, body?: object) =>
  stack.send(who, method, path, { body })

async function make(status: 'draft' | 'published'): Promise<string> {
  const made = await send('ann', 'POST', '/v1/documents', { title: 'T', reviewerIds: ['rob'], status })
  expect([made.status, made.json]).toEqual([201, expect.objectContaining({ orgId: 'acme', authorId: 'ann' })])
  return made.location
}

/** People who may read a draft of Ann's that Rob reviews. */
const readers: Readonly<Record<Person, boolean>> = {
  ann: true,
  rob: true,
  cid: false,
  eve: true,
  eli: true,
  sam: false,
  nobody: false,
}
const everybody = Object.keys(readers) as Person[]

test('shows nobody what the rule denies, in whatever order people ask and whatever is stored by then', async () => {
  const draft = await make('draft')
  const published = await make('published')
  // Each order begins with another person, whose answer is stored first. In the second round everybody's answer is
  // stored.
  for (let first = 0; first < everybody.length * 2; first += 1) {
    const order = everybody.map((_, index) => everybody[(first + index) % everybody.length] as Person)
    for (const who of order) {
      expect([who, (await send(who, 'GET', published)).status]).toEqual([who, 200])
      expect([who, (await send(who, 'GET', draft)).status]).toEqual([who, readers[who] ? 200 : 404])
      const { json } = await send(who, 'GET', '/v1/documents?status=draft')
      expect([who, json.items.length > 0]).toEqual([who, readers[who]])
    }
  }
})

test('shares one stored copy among all whom its rule lets read it, and nobody else', async () => {
  const draft = await make('draft')
  expect((await send('eve', 'GET', draft)).isHit).toBe(false)
  // Eli has another subject and role; another word of the rule allows Rob and Ann.
  expect(await send('eli', 'GET', draft)).toMatchObject({ status: 200, isHit: true })
  expect(await send('rob', 'GET', draft)).toMatchObject({ status: 200, isHit: true })
  expect(await send('ann', 'GET', draft)).toMatchObject({ status: 200, isHit: true })
  expect(await send('cid', 'GET', draft)).toMatchObject({ status: 404, isHit: false })
  const published = await make('published')
  expect((await send('nobody', 'GET', published)).isHit).toBe(false)
  expect(await send('nobody', 'GET', published)).toMatchObject({ status: 200, isHit: true })
  expect(await send('sam', 'GET', published)).toMatchObject({ status: 200, isHit: true })
})

test('shares a list among all who may read whatever its filters admit', async () => {
  await make('published')
  const path = '/v1/documents?status=published&limit=7'
  const first = await send('nobody', 'GET', path)
  for (const who of ['ann', 'cid', 'sam', 'eve'] as const) {
    expect([who, await send(who, 'GET', path)]).toMatchObject([who, { isHit: true, json: first.json }])
  }
  const draft = await make('draft')
  for (const who of everybody) {
    const { json } = await send(who, 'GET', '/v1/documents?status[in]=draft,published')
    const ids = json.items.map(({ id }: { readonly id: string }) => id)
    expect([who, ids.includes(draft.split('/').at(-1))]).toEqual([who, readers[who]])
  }
})

test('shows a change of who may read at once, to those who gain and to those who lose', async () => {
  const path = await make('draft')
  for (const who of everybody) await send(who, 'GET', path)
  expect((await send('ann', 'PATCH', path, { status: 'published' })).status).toBe(200)
  for (const who of everybody) expect([who, (await send(who, 'GET', path)).status]).toEqual([who, 200])
  expect((await send('eve', 'PATCH', path, { status: 'draft', reviewerIds: ['cid'] })).status).toBe(200)
  for (const who of everybody) {
    const maySee = who === 'cid' || (readers[who] && who !== 'rob')
    expect([who, (await send(who, 'GET', path)).status]).toEqual([who, maySee ? 200 : 404])
  }
})

test('answers writes by the rule of their own, and none for an operation that is nobody’s', async () => {
  const path = await make('draft')
  const patch = async (who: Person) => (await send(who, 'PATCH', path, { title: 'X' })).status
  expect([await patch('nobody'), await patch('cid'), await patch('sam')]).toEqual([401, 404, 404])
  expect([await patch('rob'), await patch('eve'), await patch('ann')]).toEqual([403, 200, 200])
  expect((await send('ann', 'DELETE', path)).status).toBe(405)
})

test('shows a field to nobody whom its rule denies, in whatever order people ask and whatever is stored', async () => {
  const own = { name: 'Ann', email: 'ann@acme.example' }
  const made = await send('ann', 'POST', '/v1/people', own)
  expect([made.status, made.json.email]).toEqual([201, own.email])
  const path = made.location
  expect((await send('eve', 'PATCH', path, { salary: 5 })).json.salary).toBe(5)
  const colleagues: readonly Person[] = ['ann', 'rob', 'cid', 'eve', 'eli']
  for (let first = 0; first < colleagues.length * 2; first += 1) {
    for (const [index] of colleagues.entries()) {
      const who = colleagues[(first + index) % colleagues.length] as Person
      const wanted = who === 'ann' || who === 'eve' ? { email: own.email, salary: 5 } : {}
      for (const to of [path, '/v1/people?limit=3', `${path}?fields=email,salary`]) {
        const { status, json } = await send(who, 'GET', to)
        const { email, salary } = json.items?.[0] ?? json
        expect([who, to, status, { email, salary }]).toEqual([who, to, 200, wanted])
      }
      const filtered = await send(who, 'GET', `/v1/people?email=${own.email}`)
      expect([who, filtered.status]).toEqual([who, who === 'eve' ? 200 : 403])
    }
  }
  // Callers who are shown the same fields share one stored answer.
  await send('eve', 'PATCH', path, { salary: 5 })
  for (const [who, isHit] of [
    ['rob', false],
    ['cid', true],
    ['eli', true],
    ['eve', false],
    ['ann', true],
  ] as const) {
    expect([who, (await send(who, 'GET', path)).isHit]).toEqual([who, isHit])
  }
  // Callers who may see a field see its change; all others still do not see the field.
  await send('eve', 'PATCH', path, { salary: 6 })
  expect(await send('rob', 'GET', path)).toMatchObject({ isHit: false })
  expect((await send('rob', 'GET', path)).json.salary).toBeUndefined()
  expect(await send('ann', 'GET', path)).toMatchObject({ isHit: false, json: { salary: 6 } })
  expect((await send('sam', 'GET', path)).status).toBe(404)
})
