import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyIndexes, planIndexes } from '../../src/store/indexes.ts'
import { resources } from '../fixture/application.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.drop())

it('plans no change after it was applied', async () => {
  const { keep, create, replace, drop } = await planIndexes(database.db, resources)
  expect({ create, replace, drop }).toEqual({ create: [], replace: [], drop: [] })
  expect(keep.map(({ collection, name }) => `${collection} ${name}`)).toContain(
    'places countryCode_1_population_-1__id_-1',
  )
  const unique = keep.find(({ name }) => name === 'code_1')
  expect(unique).toMatchObject({ key: { code: 1 }, unique: true, sparse: true })
})

it('finds missing, different and undeclared indexes, and drops only with destructive', async () => {
  const { db } = database
  await db.collection('places').dropIndex('name_1__id_1')
  await db.collection('advisories').dropIndex('code_1')
  await db.collection('advisories').createIndex({ code: 1 }, { name: 'code_1' })
  await db.collection('trips').createIndex({ notes: 1 }, { name: 'by hand' })
  const names = (plans: readonly { readonly name: string }[]) => plans.map(({ name }) => name)

  const changes = await planIndexes(db, resources)
  expect(names(changes.create)).toEqual(['name_1__id_1'])
  expect(names(changes.replace)).toEqual(['code_1'])
  expect(changes.drop).toEqual([{ collection: 'trips', name: 'by hand' }])

  await applyIndexes(db, changes, { destructive: false })
  const careful = await planIndexes(db, resources)
  expect(names(careful.create)).toEqual([])
  expect(names(careful.replace)).toEqual(['code_1'])
  expect(careful.drop).toHaveLength(1)

  await applyIndexes(db, careful, { destructive: true })
  const { create, replace, drop } = await planIndexes(db, resources)
  expect({ create, replace, drop }).toEqual({ create: [], replace: [], drop: [] })
})
