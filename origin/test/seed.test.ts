import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StoredRecord } from '../src/store/envelope.ts'
import { type LoadSeedOptions, loadSeed } from '../src/store/seed.ts'
import { resources } from './fixture/application.ts'
import { placesSeed } from './fixture/seed.ts'
import { openTestDatabase, type TestDatabase } from './support/database.ts'

// More documents than one batch.
const seed = placesSeed(2_500)
const load = (options?: LoadSeedOptions) => loadSeed(database.db, seed, resources, options)

let database: TestDatabase
const progress: (readonly [number, number])[] = []
let added: number
beforeAll(async () => {
  database = await openTestDatabase()
  added = await load({ onProgress: (done, total) => progress.push([done, total]) })
})
afterAll(() => database.drop())

const places = () => database.db.collection<StoredRecord>('places')

it('loads every document, and reports progress', async () => {
  expect([added, await places().countDocuments()]).toEqual([2_500, 2_500])
  expect(progress).toEqual([
    [1_000, 2_500],
    [2_000, 2_500],
    [2_500, 2_500],
  ])
})

it('loads once, and keeps later changes and deletions', async () => {
  await places().updateOne({ _id: '1000' }, { $set: { name: 'Lutetia' } })
  await places().deleteOne({ _id: '1001' })
  expect(await load()).toBe(0)
  expect(await places().findOne({ _id: '1000' })).toMatchObject({ name: 'Lutetia' })
  expect(await places().findOne({ _id: '1001' })).toBeNull()
})

it('completes an interrupted load', async () => {
  await database.db.collection('_seeds').deleteMany({})
  expect(await load()).toBe(1)
})

it('refuses documents of an unknown resource before it loads any', async () => {
  const documents = () => ({ places: [{ id: 'new' }], towns: [{ id: '1' }] })
  const wrong = loadSeed(database.db, { revision: 'wrong', documents }, resources)
  await expect(wrong).rejects.toThrow("'towns', which is not a resource")
  expect(await places().findOne({ _id: 'new' as never })).toBeNull()
})
