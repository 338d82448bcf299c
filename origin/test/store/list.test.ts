import { encodeCursor, findView, type ListQuery, type View } from '@spillway/origin/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { planList } from '../../src/store/list-plan.ts'
import type { Repository, StoredDocument } from '../../src/store/repository.ts'
import { resources } from '../fixture/application.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { inTime, listQuery, place, places } from './documents.ts'

const view = findView(resources, 'v2', 'places') as View
let database: TestDatabase
let repository: Repository
let documents: StoredDocument[] = []

/** Few names and populations, so that most sort values are ties. */
beforeAll(async () => {
  database = await openTestDatabase()
  repository = database.repository().repository
  const items = Array.from({ length: 120 }, (_, index) => ({
    fields: place(`Place ${index % 7}`, (index * 37) % 11, index % 3 === 0 ? 'DE' : 'FR'),
  }))
  const outcome = await repository.createBatch(places, items, undefined, inTime())
  if (outcome.kind !== 'items') throw new Error(outcome.kind)
  documents = outcome.outcomes.map((item) => (item as { document: StoredDocument }).document)
})
afterAll(() => database.drop())

async function page(query: ListQuery) {
  const outcome = await repository.list(places, query, undefined, inTime())
  if (outcome.kind !== 'page') throw new Error(outcome.kind)
  return outcome
}

const valuesOf = ({ sort }: ListQuery, { id, fields }: StoredDocument) =>
  sort.map(({ path }) => (path === '_id' ? id : fields[path])) as (string | number)[]

/** The query that the contract makes from the link to the next page. */
const next = (search: string, query: ListQuery, last: StoredDocument): ListQuery =>
  listQuery(places, `${search}&cursor=${encodeCursor(view, query, valuesOf(query, last))}`)

function expected(query: ListQuery, filter: (document: StoredDocument) => boolean): string[] {
  return documents
    .filter(filter)
    .sort((a, b) => {
      const [left, right] = [valuesOf(query, a), valuesOf(query, b)]
      for (const [index, { descending }] of query.sort.entries()) {
        const [x, y] = [left[index] as string, right[index] as string]
        if (x !== y) return x < y === !descending ? -1 : 1
      }
      return 0
    })
    .map(({ id }) => id)
}

it('the pages together are the whole list in order, each document once, for every sort and page size', async () => {
  const sortField = fc.constantFrom('name', '-name', 'population', '-population', 'id', '-id')
  const sorts = fc
    .uniqueArray(sortField, { minLength: 1, maxLength: 3, selector: (name) => name.replace('-', '') })
    .map((names) => names.join(','))
  const filters = fc.constantFrom(
    ['', () => true],
    ['&countryCode=FR', (document: StoredDocument) => document.fields.countryCode === 'FR'],
    [
      '&population[gte]=3&population[lt]=8',
      ({ fields }: StoredDocument) => Number(fields.population) >= 3 && Number(fields.population) < 8,
    ],
    [
      '&name[in]=Place 1,Place 2',
      ({ fields }: StoredDocument) => ['Place 1', 'Place 2'].includes(String(fields.name)),
    ],
  ) as fc.Arbitrary<[string, (document: StoredDocument) => boolean]>
  await fc.assert(
    fc.asyncProperty(
      sorts,
      filters,
      fc.integer({ min: 7, max: 60 }),
      async (sort, [search, filter], limit) => {
        const text = `sort=${sort}&limit=${limit}${search}`
        let query = listQuery(places, text)
        const seen: string[] = []
        for (;;) {
          const { documents: found, more } = await page(query)
          seen.push(...found.map(({ id }) => id))
          if (!more) break
          expect(found).toHaveLength(limit)
          query = next(text, query, found.at(-1) as StoredDocument)
        }
        expect(seen).toEqual(expected(query, filter))
      },
    ),
    { numRuns: 60 },
  )
})

it('creates and deletes before the cursor do not shift later pages', async () => {
  const text = 'sort=name&limit=10&countryCode=DE'
  const query = listQuery(places, text)
  const first = await page(query)
  const last = first.documents.at(-1) as StoredDocument
  const second = await page(next(text, query, last))
  const added = await repository.create(
    places,
    { fields: place('A first one', 1, 'DE') },
    undefined,
    inTime(),
  )
  if (added.kind !== 'created') throw new Error(added.kind)
  expect((await page(next(text, query, last))).documents).toEqual(second.documents)
  await repository.delete(places, added.document, inTime())
  expect((await page(next(text, query, last))).documents).toEqual(second.documents)
})

it('every page is read in index order, without a collection scan or a sort in memory', async () => {
  for (const search of ['sort=-population', 'sort=name', 'countryCode=FR', 'sort=id', 'sort=-id']) {
    const query = listQuery(places, search)
    const after = query.sort.map(({ path }) => (path === 'population' ? 5 : 'Place 3'))
    for (const which of [query, { ...query, after }]) {
      const { filter, sort, limit } = planList(places, which, undefined)
      const plan = JSON.stringify(
        await database.db.collection('places').find(filter).sort(sort).limit(limit).explain('queryPlanner'),
      )
      const winning = plan.slice(plan.indexOf('"winningPlan"'), plan.indexOf('"rejectedPlans"'))
      expect(winning, search).toContain('"IXSCAN"')
      expect(winning, search).not.toMatch(/"stage":"(COLLSCAN|SORT)"/)
    }
  }
})
