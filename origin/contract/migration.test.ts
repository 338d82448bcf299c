import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { shops } from '../docs/model/example/shops.ts'
import { anyone } from './access.ts'
import type { DefinitionError } from './definition-check.ts'
import { type Migration, migrate, upgradeFields } from './migration.ts'
import { asStored, resource } from './resource.ts'

const schema = Type.Object({ name: Type.String() })
const define = (migrations: readonly Migration[]) =>
  resource('notes', {
    description: 'Notes.',
    schema,
    access: { read: anyone, write: anyone },
    migrations,
    versions: [asStored('v1', schema)],
  })
const mistakesOf = (migrations: readonly Migration[]): readonly string[] => {
  try {
    define(migrations)
    return []
  } catch (error) {
    return (error as DefinitionError).mistakes
  }
}
const up = () => ({})

it.each([
  [[], 'migrations is empty: remove it'],
  [[{ to: 1, changes: ['name'], up }], 'migrations[0].to is 1: want an integer from 2'],
  [
    [
      { to: 2, changes: ['name'], up },
      { to: 4, changes: ['name'], up },
    ],
    'migrations[1].to is 4: want 3, one more than the one before',
  ],
  [[{ to: 2, changes: [], up }], 'migrations[0].changes is empty: name the fields that up sets or removes'],
  [
    [{ to: 2, changes: ['_v'], up }],
    "migrations[0].changes names '_v': name top-level fields of the stored document",
  ],
])('refuses %o', (migrations, mistake) => {
  expect(mistakesOf(migrations)).toEqual([mistake])
})

const random = () => ({ name: String(Math.random()) })
const promised = async () => {
  throw new Error('not today')
}
const writing = (document: Record<string, unknown>) => {
  document.name = 'x'
  return { name: 'x' }
}
it.each([
  [random, 'gives other values at another time: take everything from the document, without time and chance'],
  [promised, 'returns a promise: compute the values at once, from the document alone'],
  [() => undefined, 'returns no object: return { field: value } for the fields that changes names'],
  [writing, 'changes its argument: return the values of the changed fields, and leave the document as it is'],
])('refuses code that is not pure: %s', (impure, mistake) => {
  // The cast: the compiler would refuse some of them, and JavaScript has no compiler.
  const migration = { to: 2, changes: ['name'], up: impure as never }
  expect(mistakesOf([migration])).toEqual([`migrations[0].up (to 2) ${mistake}`])
  expect(() => define([migration])).toThrow(/'notes'/)
})

it('takes code that fails on samples, which have not the fields of the shape before', () => {
  const split = ({ fullName }: Record<string, unknown>) => ({ name: (fullName as string).split(' ')[0] })
  expect(mistakesOf([{ to: 2, changes: ['name'], up: split }])).toEqual([])
})

it('applies the migrations that a document lacks, in order, to the fields that they name', () => {
  const steps = [
    migrate({ to: 2, changes: ['b'], up: ({ a }) => ({ a: 'ignored', b: a }) }),
    migrate({ to: 3, changes: ['a', 'c'], up: ({ b }) => ({ a: undefined, c: b }) }),
  ]
  expect(upgradeFields(steps, { a: 1, d: 4 }, 1)).toEqual({ b: 1, c: 1, d: 4 })
  expect(upgradeFields(steps, { a: 1, b: 2 }, 2)).toEqual({ b: 2, c: 2 })
  expect(upgradeFields(steps, { c: 3 }, 3)).toEqual({ c: 3 })
})

it('gives representations another shape, so that stored answers and ETags of the shape before are fetched again', () => {
  const { shape } = define([migrate({ to: 2, changes: ['name'], up })]).versions.get('v1') ?? {}
  const again = define([
    migrate({ to: 2, changes: ['name'], up }),
    migrate({ to: 3, changes: ['name'], up }),
  ]).versions.get('v1')
  expect(shape).not.toBe(again?.shape)
})

it('keeps a value that a newer release stored, in the example of the documentation', () => {
  const { migrations } = shops
  expect(upgradeFields(migrations, { country: 'CH' }, 1)).toEqual({ country: 'CH', currency: 'CHF' })
  expect(upgradeFields(migrations, { country: 'FR' }, 1)).toEqual({ country: 'FR', currency: 'EUR' })
  expect(upgradeFields(migrations, { country: 'CH', currency: 'EUR' }, 1)).toEqual({
    country: 'CH',
    currency: 'EUR',
  })
})
