import fc from 'fast-check'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { resources } from '../test/fixture/application.ts'
import { anyone } from './access.ts'
import { catalogue, findView, type View } from './catalogue.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { limits } from './limits.ts'
import { type ListQuery, parseListQuery, parseReadQuery, parseWriteQuery } from './query.ts'
import { representation, resource } from './resource.ts'

const v1 = findView(resources, 'v1', 'places') as View
const v2 = findView(resources, 'v2', 'places') as View
const advisories = findView(resources, 'v2', 'advisories') as View

function parsed(view: View, search: string): ListQuery {
  const result = parseListQuery(view, search)
  if (!result.ok) throw new Error(result.problem.detail)
  return result.value
}

const refusal = (view: View, search: string): string => {
  const result = parseListQuery(view, search)
  return result.ok ? 'accepted' : `${result.problem.code} ${JSON.stringify(result.problem.errors)}`
}

describe('parseListQuery', () => {
  it('fills in all defaults for an empty query', () => {
    expect(parsed(v2, '')).toEqual({
      filters: [],
      sort: [
        { path: 'population', descending: true, type: { kind: 'number', integer: true } },
        { path: '_id', descending: true, type: { kind: 'string' } },
      ],
      fields: undefined,
      limit: 20,
      after: undefined,
      cursor: undefined,
      canonical: 'limit=20&sort=-population',
    })
  })

  it('parses values by type and translates a version’s names to stored ones', () => {
    const { filters } = parsed(v1, '?country=FR&population[gte]=1000&population[lt]=5e3')
    expect(filters).toEqual([
      { path: 'countryCode', operator: 'eq', value: 'FR' },
      { path: 'population', operator: 'gte', value: 1_000 },
      { path: 'population', operator: 'lt', value: 5_000 },
    ])
  })

  it('parses a list for in, without duplicates and sorted', () => {
    expect(parsed(v2, 'countryCode[in]=IT,FR,IT').filters).toEqual([
      { path: 'countryCode', operator: 'in', value: ['FR', 'IT'] },
    ])
  })

  it('normalizes times', () => {
    const { filters } = parsed(advisories, 'validUntil[gte]=2026-11-24T12:00:00%2B02:00')
    expect(filters[0]?.value).toBe('2026-11-24T10:00:00.000Z')
  })

  it('breaks ties by id, unless the sort has id already', () => {
    expect(parsed(v2, 'sort=name').sort.map(({ path }) => path)).toEqual(['name', '_id'])
    expect(parsed(v2, 'sort=-id').sort).toEqual([{ path: '_id', descending: true, type: { kind: 'string' } }])
  })

  it('always includes the id in fields', () => {
    expect(parsed(v2, 'fields=name').fields).toEqual(['id', 'name'])
  })

  const refused: [string, string, RegExp][] = [
    ['unknown parameter', 'colour=red', /invalid-query.*"parameter":"colour".*Unknown parameter. Supported:/],
    ['parameter of another version', 'country=FR', /"parameter":"country".*Unknown/],
    ['stored name that the version does not show', 'latitude=1', /"parameter":"latitude".*Unknown/],
    ['a field without a filter', 'region=11', /"parameter":"region".*Unknown/],
    ['MongoDB operator in brackets', 'countryCode[$ne]=FR', /countryCode\[\$ne\].*Unknown operator/],
    ['nested brackets', 'countryCode[a][b]=FR', /Unknown parameter/],
    ['escaped brackets with an operator', 'countryCode%5B%24gt%5D=', /Unknown operator/],
    ['explicit eq, a second spelling of equality', 'countryCode[eq]=FR', /Unknown operator/],
    ['range on text', 'countryCode[gt]=FR', /Unknown operator/],
    ['JSON instead of a number', 'population={"$gt":0}', /Must be an integer/],
    ['hexadecimal', 'population=0x10', /Must be an integer/],
    ['leading zero', 'population=007', /Must be an integer/],
    ['infinity', 'population=1e999', /Must be an integer/],
    ['an integer that loses digits', 'population=9007199254740993', /between -\(2\^53 - 1\) and 2\^53 - 1/],
    ['a malformed cursor', 'cursor=abc', /Not a cursor of this list/],
    ['fraction of an integer', 'population=1.5', /Must be an integer/],
    ['empty number', 'population=', /Must be an integer/],
    ['an unknown enum value', 'kind=hamlet', /one of capital/],
    ['__proto__', '__proto__=1', /"parameter":"__proto__".*Unknown/],
    ['constructor with brackets', 'constructor[prototype]=1', /Unknown parameter/],
    ['the same parameter twice', 'countryCode=FR&countryCode=IT', /Duplicate parameter/],
    ['the same parameter twice, once escaped', 'countryCode=FR&country%43ode=IT', /Duplicate parameter/],
    ['invalid UTF-8', 'countryCode=%ff', /percent-encoded/],
    ['a cut escape', 'countryCode=%4', /percent-encoded/],
    ['NUL', 'name=a%00b', /percent-encoded/],
    ['a lone surrogate', 'name=\ud800', /percent-encoded/],
    ['one parameter too many', `&&${'a=1&&'.repeat(33)}`, /Too many parameters: at most 32/],
    ['empty name', '=1', /Unknown parameter/],
    ['a name with control characters', '%07%e2%80%ae=1', /"parameter":"\?\?".*Unknown/],
    ['limit of nothing', 'limit=', /integer from 1 to 100/],
    ['limit of zero', 'limit=0', /integer from 1 to 100/],
    ['limit beyond the largest page', 'limit=101', /integer from 1 to 100/],
    ['a sort by another field', 'sort=region', /Unknown sort field/],
    ['sort that names one field twice', 'sort=name,-name', /Duplicate field/],
    ['a value that is too long', `name=${'a'.repeat(257)}`, /at most 256 characters/],
    [
      'too many values',
      `population[in]=${Array.from({ length: 51 }, (_, i) => i).join()}`,
      /Too many values: at most 50/,
    ],
    [
      'too many parameters',
      Array.from({ length: 33 }, (_, i) => `a${i}=1`).join('&'),
      /Too many parameters: at most 32/,
    ],
    ['a duplicate field', 'fields=id,id', /Duplicate field/],
    ['unknown field', 'fields=name,secret', /Unknown field 'secret'/],
    ['a cursor that is not base64url', 'cursor=%2A', /invalid-cursor/],
    ['cursor of another shape', 'cursor=e30', /invalid-cursor/],
  ]
  it.each(refused)('refuses %s', (_name, search, message) => {
    expect(refusal(v2, search)).toMatch(message)
  })

  it.each(['fields', 'sort'])('reports only a few of thousands of mistakes in %s', (parameter) => {
    const names = Array.from({ length: 1_000 }, (_, index) => index.toString(36)).join(',')
    for (const text of [names, 'x,'.repeat(2_000)]) {
      const problems = refusal(v2, `?${parameter}=${text}`)
      expect(problems).toContain('invalid-query')
      expect(problems.length).toBeLessThan(4_096)
    }
  })

  it('parses any text to plain values only', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('countryCode', 'population', '[gte]', '[$gt]', '=', '&', '%', '{"$gt":""}'),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const result = parseListQuery(v2, pieces.join(''))
        if (!result.ok) return
        for (const { value } of result.value.filters) {
          for (const item of [value].flat()) expect(['string', 'number', 'boolean']).toContain(typeof item)
        }
      }),
    )
  })
})

/** Valid queries, as parameters in any order and encoding. */
const parameters = fc
  .record(
    {
      countryCode: fc.constantFrom('FR', 'IT'),
      'population[gte]': fc.integer({ min: 0, max: 9_999 }).map(String),
      'kind[in]': fc
        .uniqueArray(fc.constantFrom('city', 'capital', 'district'), { minLength: 1 })
        .map((kinds) => kinds.join(',')),
      name: fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
        .filter((text) => !text.includes('\0') && text.isWellFormed()),
      sort: fc.constantFrom('name', '-population', 'population,name', '-id'),
      limit: fc.integer({ min: 1, max: 100 }).map(String),
      fields: fc
        .uniqueArray(fc.constantFrom('name', 'kind', 'createdAt'), { minLength: 1 })
        .map((names) => names.join(',')),
    },
    { requiredKeys: [] },
  )
  .map((record) => Object.entries(record) as [string, string][])

const toSearch = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')

describe('the canonical query', () => {
  it('is the same for every order of parameters', () => {
    fc.assert(
      fc.property(parameters, fc.nat(), (entries, turn) => {
        const turned = entries.map((_, index) => entries[(index + turn) % entries.length] as [string, string])
        expect(parsed(v2, toSearch(turned)).canonical).toBe(parsed(v2, toSearch(entries)).canonical)
      }),
    )
  })

  it('parses to the query it was made from', () => {
    fc.assert(
      fc.property(parameters, (entries) => {
        const query = parsed(v2, toSearch(entries))
        const again = parsed(v2, query.canonical)
        expect(again.canonical).toBe(query.canonical)
        expect(again.limit).toBe(query.limit)
        expect(again.sort).toEqual(query.sort)
        const byPath = (filters: ListQuery['filters']) =>
          [...filters].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        expect(byPath(again.filters)).toEqual(byPath(query.filters))
      }),
    )
  })

  it('differs if the answer could differ', () => {
    fc.assert(
      fc.property(parameters, parameters, (left, right) => {
        const [a, b] = [parsed(v2, toSearch(left)), parsed(v2, toSearch(right))]
        const meaning = ({ filters, sort, limit, fields }: ListQuery) =>
          JSON.stringify([filters.map((filter) => JSON.stringify(filter)).sort(), sort, limit, fields])
        expect(a.canonical === b.canonical).toBe(meaning(a) === meaning(b))
      }),
    )
  })
})

describe('cursors', () => {
  const values = (query: ListQuery, id: string, name: string, population: number) =>
    query.sort.map(({ path }) => (path === '_id' ? id : path === 'name' ? name : population))

  it('are decoded as they were encoded, for any names', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
    fc.assert(
      fc.property(
        parameters,
        id,
        fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => text.isWellFormed()),
        fc.nat(),
        (entries, id, name, population) => {
          const query = parsed(v2, toSearch(entries))
          const place = values(query, id, name, population)
          const cursor = encodeCursor(v2, query, place)
          expect(decodeCursor(cursor, v2, query)).toEqual(place)
        },
      ),
    )
  })

  it.each(['\0', '"', '\u{1f600}', 'é'])(
    'have room for the longest texts of a sort, of %j alone',
    (character) => {
      const query = parsed(v2, 'sort=name,population')
      const place = [character.repeat(limits.sortTextLengthMax), Number.MIN_SAFE_INTEGER, 'x'.repeat(64)]
      expect(decodeCursor(encodeCursor(v2, query, place), v2, query)).toEqual(place)
    },
  )

  it('fit into a URL beside the longest accepted list', () => {
    const names = (count: number) =>
      Array.from({ length: count }, (_, index) => 'é'.repeat(96) + index).join(',')
    const { canonical } = parsed(v2, `name[in]=${names(6)}&limit=10&sort=-population`)
    expect(canonical.length).toBeGreaterThan(3_400)
    expect(refusal(v2, `name[in]=${names(8)}`)).toMatch(/Query too long: at most 4096 characters/)
    const rest = `/v999/${'x'.repeat(63)}?&cursor=${'x'.repeat(limits.cursorLengthMax)}`
    expect(rest.length + limits.listQueryLengthMax).toBeLessThanOrEqual(limits.urlLengthMax)
  })

  it('are valid with another page size or selection of fields', () => {
    const cursor = encodeCursor(v2, parsed(v2, 'sort=name&limit=5'), ['Paris', '1'])
    expect(parsed(v2, `sort=name&limit=50&fields=name&cursor=${cursor}`).after).toEqual(['Paris', '1'])
  })

  it('are valid only for the list that made them', () => {
    const cursor = encodeCursor(v2, parsed(v2, 'sort=name'), ['Paris', '1'])
    for (const search of ['sort=-name', 'sort=name&countryCode=FR', 'sort=id', '']) {
      expect(refusal(v2, `${search}&cursor=${cursor}`.replace(/^&/, ''))).toMatch(/invalid-cursor/)
    }
    expect(refusal(v1, `sort=name&cursor=${cursor}`)).toMatch(/invalid-cursor/)
  })

  it('are refused with a value that does not have the sort field’s type', () => {
    const query = parsed(v2, 'sort=-population')
    const forged = [
      [{ $gt: '' }, '1'],
      ['1', '1'],
      [null, '1'],
      [1, { $ne: 1 }],
      [1, 'a b'],
      [1],
      [1, '1', 1],
    ]
    for (const place of forged) {
      expect(decodeCursor(encodeCursor(v2, query, place as never), v2, query)).toBeUndefined()
    }
  })

  it('have one encoding: other unused bits of base64 and blanks in JSON are refused', () => {
    const query = parsed(v2, 'sort=name')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const name of ['a', 'aa', 'aaa']) {
      const cursor = encodeCursor(v2, query, [name, '1'])
      const last = alphabet.indexOf(cursor.at(-1) as string)
      const others = [...alphabet]
        .filter((_, index) => index !== last)
        .map((char) => cursor.slice(0, -1) + char)
      const json = Buffer.from(cursor, 'base64url').toString().replace(',', ', ')
      for (const other of [...others, Buffer.from(json).toString('base64url')]) {
        expect(decodeCursor(other, v2, query)).not.toEqual([name, '1'])
      }
    }
  })

  it('are refused without an exception, whatever they contain', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(decodeCursor(text, v2, parsed(v2, ''))).toBeUndefined()
      }),
    )
  })
})

it('fields of objects have the path where a version says that they are stored', () => {
  const stored = Type.Object({
    address: Type.Object({ city: Type.String({ maxLength: 50 }), zip: Type.String({ maxLength: 9 }) }),
    rooms: Type.Object({ count: Type.Integer() }),
  })
  const houses = resource('houses', {
    description: 'Houses.',
    schema: stored,
    access: { read: anyone, write: anyone },
    query: { filter: ['address.city', 'address.zip', 'rooms.count'], sort: ['rooms.count'] },
    indexes: ['address.city', 'address.zip', 'rooms.count'].map((path) => ({
      fields: { [path]: 1 } as const,
    })),
    versions: [
      representation('v1', {
        stored,
        schema: Type.Object({
          place: Type.Object({ town: Type.String(), zip: Type.String() }),
          rooms: stored.properties.rooms,
        }),
        fromStored: ({ address, rooms }) => ({ place: { town: address.city, zip: address.zip }, rooms }),
        toStored: ({ place, rooms }) => ({ address: { city: place.town, zip: place.zip }, rooms }),
        paths: { place: null, 'place.town': 'address.city' },
      }),
    ],
  })
  const view = findView(catalogue(houses), 'v1', 'houses') as View
  const { filters, sort } = parsed(view, 'place.town=Delft&rooms.count[gte]=2&sort=-rooms.count')
  expect(filters).toEqual([
    { path: 'address.city', operator: 'eq', value: 'Delft' },
    { path: 'rooms.count', operator: 'gte', value: 2 },
  ])
  expect(sort.map(({ path }) => path)).toEqual(['rooms.count', '_id'])
  // The version says that the object is not stored as such, and nothing about this field.
  expect(refusal(view, 'place.zip=2611')).toMatch(/Unknown parameter. Supported: place.town, rooms.count/)
})

describe('other queries', () => {
  it('a read accepts only fields', () => {
    expect(parseReadQuery(v2, '?fields=name')).toMatchObject({
      ok: true,
      value: { fields: ['id', 'name'], canonical: 'fields=id,name' },
    })
    expect(parseReadQuery(v2, '?limit=1')).toMatchObject({
      ok: false,
      problem: { code: 'invalid-query', errors: [{ parameter: 'limit' }] },
    })
  })

  it('a write accepts no parameters', () => {
    expect(parseWriteQuery('').ok).toBe(true)
    expect(parseWriteQuery('?force=1')).toMatchObject({
      ok: false,
      problem: { errors: [{ parameter: 'force' }] },
    })
  })
})
