import fc from 'fast-check'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import {
  anyone,
  asStored,
  defineApplication,
  geoPoint,
  parseListQuery,
  resource,
  scope,
  type View,
} from '../contract/index.ts'
import { listParameters, queryString } from './query-string.ts'

const stored = Type.Object({
  title: Type.String({ maxLength: 100 }),
  pages: Type.Integer(),
  tags: Type.Array(Type.String(), { maxItems: 5 }),
  place: geoPoint(),
})
const books = resource('books', {
  description: 'Books.',
  schema: stored,
  access: { read: anyone, write: scope('books:write') },
  query: { filter: ['title', 'pages', 'tags'], sort: ['title', 'pages'], countMax: 100 },
  indexes: [
    { fields: { title: 1 } },
    { fields: { pages: 1 } },
    { fields: { tags: 1 } },
    { fields: { title: 'text' } },
    { fields: { place: '2dsphere' } },
  ],
  versions: [asStored('v1', stored)],
})
const { resources } = defineApplication({ name: 'b', title: 'B', summary: 'B.', resources: [books] })
const [view] = [...resources.values()].map((one) => ({
  resource: one,
  version: 'v1' as const,
  representation: one.versions.get('v1'),
})) as unknown as [View]

/** The list as the API reads it. */
function parsed(parts: Parameters<typeof listParameters>[0]) {
  const query = parseListQuery(view, queryString(listParameters(parts)))
  if (!query.ok) throw new Error(query.problem.detail)
  return query.value
}

describe('the query string of a list is read by the API as it was meant', () => {
  it('every option', () => {
    expect(parsed({})).toMatchObject({ filters: [], alternatives: undefined, cursor: undefined })
    const query = parsed({
      filter: { title: { prefix: 'A' }, pages: { gte: 10, lt: 20 }, tags: { contains: 'x' } },
      or: [{ title: 'a, b' }, { pages: { in: [1, 2] } }],
      search: 'quiet mill',
      sort: ['-pages', 'title'],
      fields: ['title'],
      count: true,
      limit: 7,
    })
    expect(query.filters.map(({ path, operator, value }) => [path, operator, value])).toEqual([
      ['title', 'prefix', 'A'],
      ['pages', 'gte', 10],
      ['pages', 'lt', 20],
      ['tags', 'contains', 'x'],
    ])
    expect(query.alternatives).toHaveLength(2)
    expect(query).toMatchObject({
      search: ['mill', 'quiet'],
      counts: true,
      limit: 7,
      fields: ['id', 'title'],
    })
    expect(query.sort.map(({ path, descending }) => [path, descending])).toEqual([
      ['pages', true],
      ['title', false],
      ['_id', false],
    ])
    const near = { latitude: 52.01, longitude: -4.3, metres: 500 }
    expect(parsed({ near }).near).toEqual(near)
  })

  it('any text, alone and in lists', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        (texts) => {
          const known = texts.filter((text) => text.isWellFormed())
          if (known.length === 0) return
          const values = parsed({ filter: { title: { in: known } } }).filters[0]?.value
          expect([...(values as string[])].sort()).toEqual([...new Set(known)].sort())
          expect(parsed({ filter: { title: known[0] } }).filters[0]?.value).toBe(known[0])
          expect(parsed({ or: [{ title: known[0] }] }).alternatives?.[0]?.value).toBe(known[0])
        },
      ),
    )
  })

  it('an alternative with several conditions is refused, since the API would read another list', () => {
    expect(() => listParameters({ or: [{ title: 'a', pages: 1 }] })).toThrow(TypeError)
    expect(() => listParameters({ or: [{}] })).toThrow(TypeError)
  })
})
