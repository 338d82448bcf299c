import {
  any,
  anyone,
  asStored,
  catalogue,
  encodeCursor,
  type Filter,
  type FilterOperator,
  findView,
  formatListText,
  type ListQuery,
  operators,
  operatorsOf,
  owner,
  parseListQuery,
  queryFields,
  type Residual,
  residualOf,
  resource,
  scope,
  type View,
  where,
} from '@spillway/origin/contract'
import fc from 'fast-check'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planList } from '../../src/store/list-plan.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

/** A field of each type that filters compare, all of them optional. */
const stored = Type.Object({
  text: Type.Optional(Type.String()),
  choice: Type.Optional(Type.Enum(['red', 'green', 'blue'])),
  whole: Type.Optional(Type.Integer()),
  ratio: Type.Optional(Type.Number()),
  flag: Type.Optional(Type.Boolean()),
  day: Type.Optional(Type.String({ format: 'date' })),
  time: Type.Optional(Type.String({ format: 'date-time' })),
  words: Type.Optional(Type.Array(Type.String())),
  marks: Type.Optional(Type.Array(Type.Integer())),
  inner: Type.Optional(
    Type.Object({ text: Type.Optional(Type.String()), marks: Type.Optional(Type.Array(Type.Integer())) }),
  ),
})
const fields = [
  ...(['text', 'choice', 'whole', 'ratio', 'flag', 'day', 'time', 'words', 'marks'] as const),
  ...(['inner.text', 'inner.marks'] as const),
]
type Field = (typeof fields)[number]
const samples = resource('samples', {
  description: 'Documents with a field of each type.',
  schema: stored,
  access: { read: anyone, write: scope('x') },
  query: { filter: fields, pageSize: { default: 1_000, max: 1_000 } },
  indexes: fields.map((field) => ({ fields: { [field]: 1 } })),
  versions: [asStored('v1', stored)],
})
const view = findView(catalogue(samples), 'v1', 'samples') as View

/** Few values each, so that filters match often; strings whose bytes and UTF-16 units sort differently. */
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
const values: Readonly<Record<Field, readonly (string | number | boolean)[]>> = {
  text: texts,
  choice: ['red', 'green', 'blue'],
  whole: [-1, 0, 1, 2, Number.MAX_SAFE_INTEGER],
  ratio: [-1.5, 0, 0.1, 2, 1e300],
  flag: [true, false],
  day: ['2026-11-24', '2026-11-25', '2027-01-01'],
  time: ['2026-11-24T12:00:00.000Z', '2026-11-24T12:00:00.001Z', '2027-01-01T00:00:00.000Z'],
  words: texts,
  marks: [-1, 0, 1, 2],
  'inner.text': texts,
  'inner.marks': [-1, 0, 1, 2],
}

type Value = string | number | boolean
const isValue = (value: unknown): value is Value => value !== undefined && value !== null
const compare = (a: unknown, b: unknown): number =>
  typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a) - Number(b)

/** Reference implementation of each operator; an absent or null field satisfies none. */
const naive: Readonly<Record<FilterOperator, (value: Value, operand: Filter['value']) => boolean>> = {
  eq: (value, operand) => value === operand,
  ne: (value, operand) => value !== operand,
  in: (value, operand) => (operand as readonly unknown[]).includes(value),
  gt: (value, operand) => compare(value, operand) > 0,
  gte: (value, operand) => compare(value, operand) >= 0,
  lt: (value, operand) => compare(value, operand) < 0,
  lte: (value, operand) => compare(value, operand) <= 0,
  prefix: (value, operand) => String(value).startsWith(String(operand)),
  contains: (value, operand) => value === operand,
  exists: () => true,
}

/** Whether a value, or an element of an array, satisfies a filter; null counts as absent. */
function holds({ path, operator, value }: Filter, document: Document): boolean {
  const [name = '', inner] = path.split('.')
  const outer = document[name]
  const stored = inner === undefined ? outer : ((outer ?? {}) as Document)[inner]
  return [stored].flat().some((one) => isValue(one) && naive[operator](one, value))
}

type Document = Readonly<Record<string, unknown>>

const isArray = (field: Field): boolean => ['words', 'marks', 'inner.marks'].includes(field)
const anyValueOf = (field: Field): fc.Arbitrary<unknown> => {
  const value = fc.constantFrom(...values[field])
  return fc.oneof(isArray(field) ? fc.uniqueArray(value, { maxLength: 3 }) : value, fc.constant(null))
}
const outer = (names: readonly Field[]) =>
  fc.record(Object.fromEntries(names.map((field) => [field.replace('inner.', ''), anyValueOf(field)])), {
    requiredKeys: [],
  })
const document = fc
  .tuple(
    outer(fields.filter((field) => !field.includes('.'))),
    fc.option(outer(['inner.text', 'inner.marks']), { nil: undefined }),
  )
  .map(([flat, inner]) => (inner === undefined ? flat : { ...flat, inner }))

let database: TestDatabase
let documents: readonly (Document & { readonly _id: string })[]
beforeAll(async () => {
  database = await openTestDatabase(catalogue(samples))
  documents = fc
    .sample(document, { numRuns: 300, seed: 23 })
    .map((fields, index) => ({ _id: `d${index}`, _v: 1, ...fields }))
    .sort((a, b) => (a._id < b._id ? -1 : 1))
  // The cast: the driver's type of `_id` is an ObjectId unless told otherwise.
  await database.db.collection('samples').insertMany(documents as never[])
})
afterAll(() => database.drop())

/** A parameter with any field and operator, and a value of the field as its text; not every combination is valid. */
const parameter = fc
  .tuple(fc.constantFrom(...fields), fc.constantFrom(...Object.keys(operators)))
  .chain(([field, word]) => {
    const items = fc.uniqueArray(fc.constantFrom(...values[field].map(String)), {
      minLength: 1,
      maxLength: 3,
    })
    return items.map((items) => {
      const text = word === 'exists' ? 'true' : word === 'in' ? items.map(formatListText).join(',') : items[0]
      return [word === 'eq' ? field : `${field}[${word}]`, String(text)] as const
    })
  })
  .filter(([name, text]) => parseListQuery(view, `${name}=${encodeURIComponent(text)}`).ok)

const query = fc.record({
  all: fc.uniqueArray(parameter, { maxLength: 2, selector: ([name]) => name }),
  one: fc.option(fc.array(parameter, { minLength: 1, maxLength: 3 }), { nil: undefined }),
})
const toSearch = ({ all, one }: { all: Parameters; one: Parameters | undefined }): string => {
  const either = one?.map(([name, text]) => formatListText(`${name}=${text}`))
  return [...all, ...(either === undefined ? [] : [['or', `(${either.join(',')})`] as const])]
    .map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)
    .join('&')
}
type Parameters = readonly (readonly [string, string])[]

/** Rules of the three shapes that limit lists: none, one field's value, one of two. */
const rules = [
  undefined,
  owner('inner.text' as never),
  any(where({ choice: 'red' }), where({ flag: true, choice: 'blue' })),
].map((rule) => rule && residualOf(rule, { subject: 'a', scopes: [] }))

function parsed(search: string): ListQuery {
  const result = parseListQuery(view, search)
  if (!result.ok) throw new Error(`${search}: ${result.problem.detail}`)
  return result.value
}

/** Ids of a list, page by page. */
async function walk(search: string, residual: Residual | undefined): Promise<string[]> {
  const ids: string[] = []
  for (let cursor = ''; ; ) {
    const query = parsed(`${search}&limit=150${cursor}`)
    const { filter, sort, limit } = planList(samples, query, residual)
    const found = await database.db.collection('samples').find(filter).sort(sort).limit(limit).toArray()
    ids.push(...found.slice(0, query.limit).map(({ _id }) => String(_id)))
    if (found.length < limit) return ids
    cursor = `&cursor=${encodeCursor(view, query, [ids.at(-1) as string])}`
  }
}

it('the database agrees with the reference implementation about every operator, alone, combined and within or, on every page', async () => {
  const found = new Set<string>()
  await fc.assert(
    fc.asyncProperty(query, fc.constantFrom(...rules), async (parameters, residual) => {
      const search = toSearch(parameters)
      const { filters, alternatives } = parsed(search)
      const expected = documents.filter(
        (document) =>
          (residual === undefined || satisfiesInWords(residual, document)) &&
          filters.every((filter) => holds(filter, document)) &&
          (alternatives === undefined || alternatives.some((filter) => holds(filter, document))),
      )
      expect(await walk(search, residual)).toEqual(expected.map(({ _id }) => _id))
      if (expected.length === 0) return
      for (const { path, operator } of [...filters, ...(alternatives ?? [])]) found.add(`${path} ${operator}`)
    }),
    { numRuns: 600, seed: 23 },
  )
  for (const field of queryFields(view, 'filter')) {
    for (const operator of operatorsOf(field)) expect(found).toContain(`${field.path} ${operator}`)
  }
}, 120_000)

function satisfiesInWords({ alternatives }: Residual, document: Document): boolean {
  return alternatives.some((conditions) =>
    conditions.every(({ field, values }) => holds({ path: field, operator: 'in', value: values }, document)),
  )
}

it('each list has one canonical query, which parses to the same list', () => {
  fc.assert(
    fc.property(query, (parameters) => {
      const { canonical, filters, alternatives } = parsed(toSearch(parameters))
      const { all, one } = parameters
      const turned = toSearch({ all: all.toReversed(), one: one && [...one.toReversed(), ...one] })
      expect(parsed(turned).canonical).toBe(canonical)
      const again = parsed(canonical)
      expect(again.canonical).toBe(canonical)
      expect(again.alternatives).toEqual(alternatives)
      expect(new Set(again.filters.map((filter) => JSON.stringify(filter)))).toEqual(
        new Set(filters.map((filter) => JSON.stringify(filter))),
      )
    }),
  )
})

it('every operator and every alternative uses an index', async () => {
  const planOf = async (search: string, residual?: Residual): Promise<string> => {
    const { filter } = planList(samples, parsed(search), residual)
    const plan = await database.db.collection('samples').find(filter).explain('queryPlanner')
    return JSON.stringify(plan.queryPlanner.winningPlan)
  }
  const parameters = fc.sample(parameter, { numRuns: 400, seed: 23 })
  const byName = new Map(parameters)
  for (const [name, text] of byName) {
    const plan = await planOf(toSearch({ all: [[name, text]], one: undefined }))
    const index = `"${name.replace(/\[.*/, '')}_1__id_1"`
    expect([name, plan.includes('COLLSCAN'), plan.includes(index)]).toEqual([name, false, true])
  }
  const [text, marks] = [['text[prefix]', 'a'] as const, ['inner.marks[contains]', '1'] as const]
  for (const residual of rules) {
    const plan = await planOf(toSearch({ all: [], one: [text, marks] }), residual)
    expect(plan).not.toContain('COLLSCAN')
    if (residual === undefined)
      for (const index of ['text_1__id_1', 'inner.marks_1__id_1']) expect(plan).toContain(index)
  }
})
