import { residualFilter, residualOf } from '@spillway/origin/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { document, isAllowed, principal, rule } from './support/access-samples.ts'
import { openTestDatabase, type TestDatabase } from './support/database.ts'

const documents = fc.sample(document, { numRuns: 500, seed: 13 })
const asked = fc.sample(fc.tuple(rule, principal, fc.subarray(['f', 'g', 'h', 'm'])), {
  numRuns: 600,
  seed: 17,
})

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
  await stored().insertMany(documents.map((fields, _id) => ({ _id, ...fields })))
})
afterAll(() => database.drop())

const stored = () => database.db.collection<{ _id: number }>('judged')

it('the database finds the documents that the rule lets the caller read, and no others', async () => {
  const sizes = new Set<number>()
  for (const [rule, who, sparse] of asked) {
    const $and = residualFilter(residualOf(rule, who), new Set(sparse))
    const found = await stored()
      .find($and.length === 0 ? {} : { $and: [...$and] }, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .toArray()
    const expected = documents.flatMap((one, id) => (isAllowed(rule, who, one) ? [id] : []))
    expect(
      found.map(({ _id }) => _id),
      JSON.stringify({ rule, who, sparse }),
    ).toEqual(expected)
    sizes.add(expected.length)
  }
  expect(sizes.size).toBeGreaterThan(20)
})
