import { anyone, asStored, catalogue, type Migration, migrate, resource } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { shops as example } from '../../docs/model/example/shops.ts'
import { checkMigrationResults } from './check-migrations.ts'

const schema = Type.Object({
  name: Type.String({ maxLength: 9 }),
  zone: Type.String({ maxLength: 9 }),
  note: Type.Optional(Type.String()),
})
const check = (...migrations: readonly Migration[]) =>
  checkMigrationResults(
    catalogue(
      resource('shops', {
        description: 'Shops.',
        schema,
        access: { read: anyone, write: anyone },
        migrations,
        versions: [asStored('v1', schema)],
      }),
    ),
  )
const zone = (up: Migration['up'], to = 2) => migrate({ to, changes: ['zone'], up })

it.each([
  [
    zone(() => ({})),
    "resource 'shops', migration to 2: gives the required field 'zone' no value: return a default for documents without one.",
  ],
  [
    zone(() => ({ zone: 5 })),
    "resource 'shops', migration to 2: gives 'zone' the value 5, which zone must be string: return a value that the schema allows.",
  ],
  [
    zone(({ name }) => ({ zone: `${name} and more than nine` })),
    'must NOT have more than 9 characters: return a value that the schema allows.',
  ],
  [
    zone(({ name }) => ({ zone: (name as { first?: string }).first?.toString() })),
    "gives the required field 'zone' no value",
  ],
  [
    zone(({ name }) => ({ zone: (name as { of: { a: string } }).of.a })),
    "resource 'shops', migration to 2: fails on a valid document: TypeError",
  ],
])('refuses %#: a result that does not fit', (migration, message) => {
  expect(() => check(migration)).toThrow(message)
})

it.each([() => new Date().toISOString(), () => Date.now()])('refuses the present time: %s', (now) => {
  // The definition is refused already if a millisecond passes between two of its runs.
  const refusal = /gives 'zone' the present time|gives other values at another time/
  expect(() => check(zone(() => ({ zone: now() })))).toThrow(refusal)
})

it('takes what fits, what another migration sets later, and what no example can judge', () => {
  expect(() => check(zone(({ zone = 'UTC' }) => ({ zone })))).not.toThrow()
  expect(() =>
    check(
      zone(() => ({})),
      zone(() => ({ zone: 'UTC' }), 3),
    ),
  ).not.toThrow()
  expect(() => check(zone(({ before }) => ({ zone: before })))).not.toThrow()
  expect(() => checkMigrationResults(catalogue(example))).not.toThrow()
})
