import { findView, resources, type View } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seed } from '../scripts/seed.ts'
import { compileValidator, createCompilers } from '../src/http/validator.ts'
import { documentOf, type StoredRecord } from '../src/store/envelope.ts'
import { openTestDatabase, type TestDatabase } from './support/database.ts'

let database: TestDatabase
const progress: (readonly [number, number])[] = []
beforeAll(async () => {
  database = await openTestDatabase()
  await seed(database.db, { onProgress: (done, total) => progress.push([done, total]) })
})
afterAll(() => database.drop())

const records = (name: string) => database.db.collection<StoredRecord>(name)

it('loads every city with at least 15,000 inhabitants, and says how far it is', async () => {
  expect(await records('places').countDocuments()).toBe(24_323)
  const [done, total] = progress.at(-1) ?? []
  expect(done).toBe(total)
})

it.each(['places', 'advisories'])('loads %s that fit the contract', async (name) => {
  const validator = compileValidator(createCompilers(), findView(resources, 'v2', name) as View)
  const wrong: unknown[] = []
  for await (const record of records(name).find()) {
    const document = documentOf(record)
    const errors = document === undefined ? ['no document'] : validator.stored(document.fields)
    if (errors.length > 0) wrong.push([record._id, errors])
  }
  expect(wrong).toEqual([])
})

it('loads once: what was changed or deleted since stays so', async () => {
  await records('places').updateOne({ _id: '2988507' }, { $set: { name: 'Lutetia' } })
  await records('places').deleteOne({ _id: '2643743' })
  expect(await seed(database.db)).toBe(0)
  expect(await records('places').findOne({ _id: '2988507' })).toMatchObject({ name: 'Lutetia' })
  expect(await records('places').findOne({ _id: '2643743' })).toBeNull()
})

it('completes what was interrupted', async () => {
  await database.db.collection('_seeds').deleteMany({})
  expect(await seed(database.db)).toBe(1)
})
