import {
  type AccessOptions,
  type AccessRule,
  action,
  all,
  any,
  anyone,
  asStored,
  catalogue,
  defineApplication,
  endpoint,
  member,
  never,
  owner,
  resource,
  role,
  scope,
  signedIn,
  tenant,
  where,
} from '@spillway/origin/contract'
import { resources } from '@spillway/origin/fixture'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { operationsOf, scopesNeeded } from './operations.ts'
import { seededRandom } from './random.ts'
import { Requests } from './request.ts'

const shares = { read: 60, list: 30, create: 5, patch: 5 }

describe('operations of the contract', () => {
  const operations = operationsOf(resources, { shares })
  const names = operations.map(({ name }) => name)

  it('cover the operations of every resource that can succeed', () => {
    expect(names).toContain('places.read')
    expect(names).toContain('trips.list')
    expect(names).toContain('trips.create')
    expect(names).toContain('advisories.list')
  })

  it('leave out other owners’ documents, and changes that need a recent ETag', () => {
    expect(names).not.toContain('trips.read')
    expect(names).not.toContain('trips.patch')
  })

  it('keep the shares of the scenario, however many resources offer a kind', () => {
    for (const [kind, share] of Object.entries(shares)) {
      const weights = operations.filter((operation) => operation.kind === kind).map(({ weight }) => weight)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(share)
    }
  })

  it('ask for the newest version', () => {
    expect(operations.every(({ path }) => path.startsWith('/v2/'))).toBe(true)
  })

  it('say which scopes a token needs', () => {
    expect(scopesNeeded(resources, operations)).toEqual(
      expect.arrayContaining(['places:write', 'advisories:write']),
    )
    const reads = operations.filter(({ kind }) => kind === 'read')
    expect(scopesNeeded(resources, reads)).toEqual([])
  })
})

it('say which operations need a token, by the rule of the resource', () => {
  const operations = operationsOf(resources, { shares, resources: ['places'] })
  const signedIn = Object.fromEntries(operations.map(({ kind, signedIn }) => [kind, signedIn]))
  expect(signedIn).toEqual({ read: false, list: false, create: true, patch: true })
})

it('take shares of single operations as well', () => {
  const shares = { 'places.read': 65, 'places.list': 30, 'trips.create': 5 }
  const operations = operationsOf(resources, { shares })
  expect(operations.map(({ name, weight }) => [name, weight])).toEqual(Object.entries(shares))
})

describe('actions', () => {
  const schema = Type.Object({ state: Type.String(), hostId: Type.String() })
  const rooms = resource('rooms', {
    description: 'Rooms.',
    schema,
    access: { read: any(where({ state: 'open' }), owner('hostId')), write: owner('hostId') },
    indexes: [{ fields: { state: 1 } }, { fields: { hostId: 1 } }],
    problems: { taken: 'The room is taken.' },
    versions: [asStored('v1', schema, { readOnly: ['hostId'] })],
  })
  const of = (name: string, access: AccessRule) =>
    action(name, {
      ...{ description: 'Acts.', on: rooms, access, input: Type.Object({ day: Type.Integer() }) },
      problems: { 'day-off': 'The room is closed.' },
    })
  const application = defineApplication({
    ...{ name: 'rooms', title: 'Rooms', summary: 'Rooms.' },
    resources: [rooms],
    actions: [
      of('book', all(scope('rooms:book'), where({ state: 'open' }))),
      of('close', owner('hostId')),
      action('tidy', { description: 'Tidies.', on: rooms, target: 'collection', access: signedIn }),
      endpoint('hook', { description: 'Takes.', on: rooms }),
    ],
  })

  it('are asked for where anybody may, of any document that everybody sees', () => {
    const operations = operationsOf(application.resources, { shares: { action: 4 } })
    expect(operations.map(({ name, path, weight }) => [name, path, weight])).toEqual([
      ['rooms.book', '/v1/rooms/:id/book', 2],
      ['rooms.tidy', '/v1/rooms/tidy', 2],
    ])
    expect(scopesNeeded(application.resources, operations)).toEqual(['rooms:book'])
  })

  it('may be refused with the reasons that are declared and expected', () => {
    const expecting = (...reasons: readonly string[]) =>
      operationsOf(application.resources, {
        shares: { 'rooms.book': 1 },
        expects: { 'rooms.book': reasons },
      }).map(({ expects }) => expects)
    expect(expecting('taken', 'day-off')).toEqual([['taken', 'day-off']])
    expect(() => expecting('gone')).toThrow("never answers 'gone'; its reasons are day-off, taken")
  })

  it('are sent with an input of the application’s, or of their schema, and a key of their own', () => {
    const shares = { 'rooms.book': 1 }
    const sent = (inputs?: Readonly<Record<string, readonly { readonly day: number }[]>>) => {
      const operations = operationsOf(application.resources, { shares, ...(inputs && { inputs }) })
      const documents = { rooms: [{ id: 'r1' }] }
      const popularity = { kind: 'uniform' } as const
      const random = seededRandom(1)
      return new Requests({ operations, documents, popularity, tokens: ['t'], run: 'run', random }).next(0)
    }
    const given = sent({ 'rooms.book': [{ day: 7 }] })
    expect([given.method, given.path, given.body]).toEqual(['POST', '/v1/rooms/r1/book', '{"day":7}'])
    expect(given.headers['idempotency-key']).toMatch(/^run-/)
    expect(JSON.parse(sent().body ?? '').day).toBeTypeOf('number')
  })
})

it('refuse a share that no resource can take', () => {
  expect(() => operationsOf(resources, { shares: { patch: 1 }, resources: ['trips'] })).toThrow(/patch/)
})

it('do not filter by a unique key: every list would hold one document', () => {
  const schema = Type.Object({ code: Type.String(), level: Type.String() })
  const notes = resource('notes', {
    description: 'Notes.',
    schema,
    access: { read: anyone, write: scope('notes:write') },
    query: { filter: ['code', 'level'] },
    indexes: [{ fields: { code: 1 }, unique: true }, { fields: { level: 1 } }],
    versions: [asStored('v1', schema)],
  })
  const [list] = operationsOf(catalogue(notes), { shares: { list: 1 } })
  expect(list?.filter).toBe('level')
})

describe('operations under rules that say who and which', () => {
  const schema = Type.Object({
    ownerId: Type.String(),
    orgId: Type.String(),
    readerIds: Type.Array(Type.String()),
    state: Type.String(),
  })
  const only = (access: AccessOptions, { unique = false, isOwned = true } = {}): readonly string[] => {
    const notes = resource('notes', {
      description: 'Notes.',
      schema,
      access,
      indexes: [
        ...Object.keys(schema.properties).map((field) => ({ fields: { [field]: 1 } as const })),
        ...(unique ? [{ fields: { ownerId: 1 }, unique } as const] : []),
      ],
      versions: [asStored('v1', schema, isOwned ? { readOnly: ['ownerId'] } : {})],
    })
    return operationsOf(catalogue(notes), { shares }).map(({ kind }) => kind)
  }

  it('leave out changes that only owners may make, and keep what everybody sees', () => {
    const access = { read: any(where({ state: 'open' }), owner('ownerId')), write: owner('ownerId') }
    expect(only(access)).toEqual(['read', 'list', 'create'])
  })

  it('leave out what needs a claim, a tenant or to be named by the document', () => {
    const shared = { read: signedIn, create: member('readerIds'), update: role('x'), delete: never }
    expect(only(shared, { isOwned: false })).toEqual(['read', 'list'])
    expect(only({ read: member('readerIds'), create: never, update: never, delete: never })).toEqual(['list'])
    const oneTenant = { read: tenant('orgId', 'org'), write: tenant('orgId', 'org') }
    expect(() => only(oneTenant, { isOwned: false })).toThrow(/read, list/)
  })

  it('leave out creates of which each user has one', () => {
    expect(only({ read: anyone, write: owner('ownerId') }, { unique: true })).toEqual(['read', 'list'])
  })
})
