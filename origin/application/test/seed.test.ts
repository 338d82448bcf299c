import { findView, type View } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileValidator, createCompilers } from '../../src/resource/validator.ts'
import { documentOf, type StoredRecord } from '../../src/store/envelope.ts'
import { loadSeed } from '../../src/store/seed.ts'
import { openTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { application } from '../index.ts'
import { seed } from '../seed.ts'

const { resources } = application
let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase(resources)
  await loadSeed(database.db, seed, resources)
})
afterAll(() => database.drop())

const records = (name: string) => database.db.collection<StoredRecord>(name)

it('contains every city with at least 15,000 inhabitants', async () => {
  expect(await records('places').countDocuments()).toBe(24_323)
})

it.each(['places', 'advisories'])('contains %s that are valid by the contract', async (name) => {
  const validator = compileValidator(createCompilers(), findView(resources, 'v2', name) as View)
  const wrong: unknown[] = []
  for await (const record of records(name).find()) {
    const document = documentOf(record)
    const errors = document === undefined ? ['no document'] : validator.stored(document.fields)
    if (errors.length > 0) wrong.push([record._id, errors])
  }
  expect(wrong).toEqual([])
})

it('has stable ids', () => {
  const { places = [] } = seed.documents()
  expect(places.find(({ id }) => id === '2988507')).toMatchObject({ name: 'Paris', countryCode: 'FR' })
})
