import {
  anyone,
  asStored,
  catalogue,
  type Filter,
  type FilterOperator,
  findView,
  operators,
  parseListQuery,
  resource,
  scope,
  type View,
} from '@spillway/origin/contract'
import fc from 'fast-check'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planList } from '../../src/store/list-plan.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

/** A field of each type that a filter compares; every one optional, so that it may be missing. */
const stored = Type.Object({
  text: Type.Optional(Type.String()),
  choice: Type.Optional(Type.Enum(['red', 'green', 'blue'])),
  whole: Type.Optional(Type.Integer()),
  ratio: Type.Optional(Type.Number()),
  flag: Type.Optional(Type.Boolean()),
  day: Type.Optional(Type.String({ format: 'date' })),
  time: Type.Optional(Type.String({ format: 'date-time' })),
})
const fields = Object.keys(stored.properties) as (keyof typeof stored.properties)[]
const samples = resource('samples', {
  description: 'Documents with a field of each type.',
  schema: stored,
  access: { read: anyone, write: scope('x') },
  query: { filter: fields, pageSize: { default: 1_000, max: 1_000 } },
  indexes: fields.map((field) => ({ fields: { [field]: 1 } })),
  versions: [asStored('v1', stored)],
})
const view = findView(catalogue(samples), 'v1', 'samples') as View

/** Few values each, so that filters meet documents; texts whose bytes and UTF-16 units are in different orders. */
const texts = [
  '',
  'a',
  'ab',
  'abc',
  'b',
  'B',
  'é',
  '\u{ffff}',
  '\u{1f600}',
  '\u{10ffff}',
  '\u{d7ff}x',
  '"',
  'a,b',
]
const values: Readonly<Record<keyof typeof stored.properties, readonly (string | number | boolean)[]>> = {
  text: texts,
  choice: ['red', 'green', 'blue'],
  whole: [-1, 0, 1, 2, Number.MAX_SAFE_INTEGER],
  ratio: [-1.5, 0, 0.1, 2, 1e300],
  flag: [true, false],
  day: ['2026-11-24', '2026-11-25', '2027-01-01'],
  time: ['2026-11-24T12:00:00.000Z', '2026-11-24T12:00:00.001Z', '2027-01-01T00:00:00.000Z'],
}

type Value = string | number | boolean
const isValue = (value: unknown): value is Value => value !== undefined && value !== null
const compare = (a: unknown, b: unknown): number =>
  typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a) - Number(b)

/** Each operator in words; a field that is missing or null satisfies none of them. */
const naive: Readonly<Record<FilterOperator, (value: Value, operand: Filter['value']) => boolean>> = {
  eq: (value, operand) => value === operand,
  in: (value, operand) => (operand as readonly unknown[]).includes(value),
  gt: (value, operand) => compare(value, operand) > 0,
  gte: (value, operand) => compare(value, operand) >= 0,
  lt: (value, operand) => compare(value, operand) < 0,
  lte: (value, operand) => compare(value, operand) <= 0,
  prefix: (value, operand) => String(value).startsWith(String(operand)),
}

const document = fc.record(
  Object.fromEntries(
    fields.map((field) => [field, fc.oneof(fc.constantFrom(...values[field]), fc.constant(null))]),
  ),
  { requiredKeys: [] },
)

let database: TestDatabase
let documents: readonly Readonly<Record<string, unknown>>[]
beforeAll(async () => {
  database = await openTestDatabase(catalogue(samples))
  documents = fc
    .sample(document, { numRuns: 300, seed: 23 })
    .map((fields, index) => ({ _id: `d${index}`, _v: 1, ...fields }))
  // The cast: the driver's type of `_id` is an ObjectId unless told otherwise.
  await database.db.collection('samples').insertMany(documents as never[])
})
afterAll(() => database.drop())

/** Texts of an operand that an operator might take, from values of the field. */
const operand = (field: keyof typeof values) =>
  fc
    .uniqueArray(fc.constantFrom(...values[field].map(String)), { minLength: 1, maxLength: 3 })
    .map((items) => items.join(','))

const search = fc
  .tuple(fc.constantFrom(...fields), fc.constantFrom(...Object.keys(operators)))
  .chain(([field, word]) =>
    operand(field).map((text) => `${field}${word === 'eq' ? '' : `[${word}]`}=${encodeURIComponent(text)}`),
  )

it('database and words agree about every operator, on values that are missing or null too', async () => {
  const asked = new Set<string>()
  const found = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(search, { minLength: 1, maxLength: 2 }), async (parameters) => {
      const parsed = parseListQuery(view, parameters.join('&'))
      if (!parsed.ok) return
      const { filter } = planList(samples, parsed.value, undefined)
      const ids = (await database.db.collection('samples').find(filter).toArray()).map(({ _id }) =>
        String(_id),
      )
      const expected = documents.filter((document) =>
        parsed.value.filters.every(({ path, operator, value }) => {
          const stored = document[path]
          return isValue(stored) && naive[operator](stored, value)
        }),
      )
      expect(ids.sort()).toEqual(expected.map(({ _id }) => String(_id)).sort())
      for (const { path, operator } of parsed.value.filters) {
        asked.add(`${path} ${operator}`)
        if (ids.length > 0) found.add(operator)
      }
    }),
    { numRuns: 1_500, seed: 23 },
  )
  const offered = fields.flatMap((field) =>
    Object.keys(operators)
      .filter((word) => word === 'eq' || parseListQuery(view, `${field}[${word}]=${values[field][1]}`).ok)
      .map((word) => `${field} ${word}`),
  )
  for (const one of offered) expect(asked).toContain(one)
  expect([...found].sort()).toEqual(Object.keys(operators).sort())
})

it('every operator is answered from an index', async () => {
  for (const field of fields) {
    for (const word of Object.keys(operators)) {
      const text = encodeURIComponent(String(values[field][1]))
      const parsed = parseListQuery(view, `${field}${word === 'eq' ? '' : `[${word}]`}=${text}&sort=id`)
      if (!parsed.ok) continue
      const { filter } = planList(samples, parsed.value, undefined)
      const cursor = database.db.collection('samples').find(filter)
      const plan = JSON.stringify((await cursor.explain('queryPlanner')).queryPlanner.winningPlan)
      expect([field, word, plan.includes('COLLSCAN'), plan.includes(`"${field}_1__id_1"`)]).toEqual([
        field,
        word,
        false,
        true,
      ])
    }
  }
})
