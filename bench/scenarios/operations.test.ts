import {
  type AccessOptions,
  any,
  anyone,
  asStored,
  catalogue,
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
  const only = (access: AccessOptions, unique = false): readonly string[] => {
    const notes = resource('notes', {
      description: 'Notes.',
      schema,
      access,
      indexes: [
        ...Object.keys(schema.properties).map((field) => ({ fields: { [field]: 1 } as const })),
        ...(unique ? [{ fields: { ownerId: 1 }, unique } as const] : []),
      ],
      versions: [asStored('v1', schema, { readOnly: ['ownerId'] })],
    })
    return operationsOf(catalogue(notes), { shares }).map(({ kind }) => kind)
  }

  it('leave out changes that only owners may make, and keep what everybody sees', () => {
    const access = { read: any(where({ state: 'open' }), owner('ownerId')), write: owner('ownerId') }
    expect(only(access)).toEqual(['read', 'list', 'create'])
  })

  it('leave out what needs a claim, a tenant or to be named by the document', () => {
    expect(only({ read: signedIn, create: member('readerIds'), update: role('x'), delete: never })).toEqual([
      'read',
      'list',
    ])
    expect(only({ read: member('readerIds'), create: never, update: never, delete: never })).toEqual(['list'])
    expect(() => only({ read: tenant('orgId', 'org'), write: tenant('orgId', 'org') })).toThrow(/read, list/)
  })

  it('leave out creates of which each user has one', () => {
    expect(only({ read: anyone, write: owner('ownerId') }, true)).toEqual(['read', 'list'])
  })
})
