import fc from 'fast-check'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { resources } from '../test/fixture/application.ts'
import { type Document, document, isAllowed, principal, rule } from '../test/support/access-samples.ts'
import { any, anyone, member, never, owner, residualOf, scope, signedIn, tenant, where } from './access.ts'
import type { View } from './catalogue.ts'
import type { Fields } from './definition.ts'
import { allListsTag, tagsOfChangedLists, tagsOfList } from './list-tags.ts'
import { parseListQuery } from './query.ts'
import { asStored, resource } from './resource.ts'

const stored = Type.Object({
  country: Type.Optional(Type.String({ maxLength: 200 })),
  isOpen: Type.Boolean(),
  stars: Type.Integer(),
})
const definition = {
  description: 'x',
  schema: stored,
  query: { filter: ['country', 'isOpen', 'stars'] },
  indexes: [{ fields: { country: 1 } }, { fields: { isOpen: 1 } }, { fields: { stars: 1 } }],
  versions: [asStored('v1', stored)],
} as const
const hotels = resource('hotels', {
  ...definition,
  access: { read: anyone, write: scope('x') },
  cache: { maxAge: '30s', listsBy: ['country', 'isOpen'] },
})
const view: View = {
  resource: hotels,
  version: 'v1',
  representation: [...hotels.versions.values()][0] as View['representation'],
}

function filtersOf(search: string) {
  const parsed = parseListQuery(view, search)
  if (!parsed.ok) throw new Error(parsed.problem.detail)
  return parsed.value.filters
}
const listed = (search: string) => tagsOfList(hotels, filtersOf(search), undefined, undefined)
const changed = (...documents: Fields[]) => tagsOfChangedLists(hotels, documents, undefined)

describe('a list', () => {
  it.each([
    ['', ['hotels:*', 'hotels:*:=']],
    ['stars=5', ['hotels:*', 'hotels:*:=']],
    ['country=FR', ['hotels:*', 'hotels:*:country=FR']],
    ['country=FR&stars[gte]=3&sort=id', ['hotels:*', 'hotels:*:country=FR']],
    ['isOpen=true', ['hotels:*', 'hotels:*:isOpen=true']],
    // Only the first declared field counts.
    ['isOpen=true&country=FR', ['hotels:*', 'hotels:*:country=FR']],
    ['country[in]=NZ,FR', ['hotels:*', 'hotels:*:country=FR', 'hotels:*:country=NZ']],
    // More values than are looked up per list.
    ['country[in]=a,b,c,d,e,f,g,h,i', ['hotels:*', 'hotels:*:=']],
    ['country[in]=a,b,c,d,e,f,g,h,i&isOpen=false', ['hotels:*', 'hotels:*:isOpen=false']],
    ['stars[gt]=3', ['hotels:*', 'hotels:*:=']],
    // An alternative says nothing about all documents of the list.
    ['or=(country=FR)', ['hotels:*', 'hotels:*:=']],
    ['or=(country=FR,isOpen=true)&country=NZ', ['hotels:*', 'hotels:*:country=NZ']],
    ['country[ne]=FR', ['hotels:*', 'hotels:*:=']],
    ['country[prefix]=FR', ['hotels:*', 'hotels:*:=']],
    ['country[exists]=true', ['hotels:*', 'hotels:*:=']],
    ['country=C%C3%B4te%2C%20d%27Ivoire', ['hotels:*', "hotels:*:country=C%C3%B4te%2C%20d'Ivoire"]],
  ])('%j', (search, tags) => {
    expect(listed(search)).toEqual(tags)
  })

  it('of an owner has one tag, whatever its filters', () => {
    const trips = resources.get('trips')
    if (trips === undefined) throw new Error('no trips')
    expect(tagsOfList(trips, [], 'a,b', undefined)).toEqual(['trips:*:a%2Cb'])
    expect(tagsOfChangedLists(trips, [{ startsOn: '2027-01-01' }], 'a,b')).toEqual(['trips:*:a%2Cb'])
  })

  it('of a resource without listsBy has one tag', () => {
    const plain = resource('plain', {
      ...definition,
      access: { read: anyone, write: scope('x') },
      cache: { maxAge: '30s' },
    })
    expect(tagsOfList(plain, filtersOf('country=FR'), undefined, undefined)).toEqual(['plain:*'])
    expect(tagsOfChangedLists(plain, [{ country: 'FR' }], undefined)).toEqual(['plain:*'])
  })
})

describe('a write', () => {
  const open = { isOpen: true, stars: 5 }
  it('changes the lists of the values before and after it, and those without such a filter', () => {
    expect(changed({ ...open, country: 'FR' }, { ...open, country: 'NZ' })).toEqual([
      'hotels:*:=',
      'hotels:*:country=FR',
      'hotels:*:country=NZ',
      'hotels:*:isOpen=true',
    ])
  })

  it('of a document without a value changes no list that filters by one', () => {
    expect(changed(open)).toEqual(['hotels:*:=', 'hotels:*:isOpen=true'])
  })

  it('of many documents purges all lists by one tag', () => {
    const documents = Array.from({ length: 40 }, (_, index) => ({ ...open, country: `c${index}` }))
    expect(changed(...documents)).toEqual(['hotels:*'])
    expect(changed(...documents)).toEqual([allListsTag(hotels, undefined)])
  })

  it('encodes long values and lone surrogates in printable ASCII', () => {
    for (const tag of changed({ ...open, country: `${'é,'.repeat(100)}` }, { ...open, country: '\ud800' })) {
      expect(tag).toMatch(/^[!-+\--~]{1,700}$/)
    }
  })

  it('changes the lists of each element of an array, and of an inner field, before and after it', () => {
    const inner = Type.Object({
      tags: Type.Array(Type.String({ maxLength: 20 })),
      address: Type.Optional(Type.Object({ city: Type.String() })),
    })
    const houses = resource('houses', {
      description: 'x',
      schema: inner,
      access: { read: anyone, write: scope('x') },
      cache: { maxAge: '30s', listsBy: ['tags', 'address.city'] },
      query: { filter: ['tags', 'address.city'] },
      indexes: [{ fields: { tags: 1 } }, { fields: { 'address.city': 1 } }],
      versions: [asStored('v1', inner)],
    })
    const before = { tags: ['a', 'b'], address: { city: 'X' } }
    expect(tagsOfChangedLists(houses, [before, { tags: ['b', 'c'] }], undefined)).toEqual([
      'houses:*:=',
      'houses:*:tags=a',
      'houses:*:tags=b',
      'houses:*:tags=c',
      'houses:*:address.city=X',
    ])
    const filter = { path: 'tags', operator: 'contains', value: 'a' } as const
    expect(tagsOfList(houses, [filter], undefined, undefined)).toEqual(['houses:*', 'houses:*:tags=a'])
    const city = { path: 'address.city', operator: 'in', value: ['X', 'Y'] } as const
    expect(tagsOfList(houses, [city], undefined, undefined)).toEqual([
      'houses:*',
      'houses:*:address.city=X',
      'houses:*:address.city=Y',
    ])
  })

  it('that may change a list purges one of its tags', () => {
    const country = fc.constantFrom(undefined, 'FR', 'NZ', 'é', `${'x'.repeat(70)}1`, `${'x'.repeat(70)}2`)
    const document = fc.record({ country, isOpen: fc.boolean(), stars: fc.integer({ min: 1, max: 3 }) })
    const value = country.filter((one) => one !== undefined).map((one) => encodeURIComponent(one))
    const condition = fc.oneof(
      value.map((one) => `country=${one}`),
      fc.array(value, { minLength: 1, maxLength: 3 }).map((some) => `country[in]=${some.join(',')}`),
      fc.boolean().map((one) => `isOpen=${one}`),
      fc.integer({ min: 1, max: 3 }).map((one) => `stars=${one}`),
    )
    const search = fc
      .uniqueArray(condition, { maxLength: 3, selector: (text) => text.split('=')[0] })
      .map((conditions) => conditions.join('&'))
    const shows = (query: string, fields: Fields | undefined): boolean =>
      fields !== undefined &&
      filtersOf(query).every(({ path, operator, value: wanted }) =>
        operator === 'in' ? (wanted as unknown[]).includes(fields[path]) : fields[path] === wanted,
      )
    const written = fc.tuple(fc.option(document, { nil: undefined }), fc.option(document, { nil: undefined }))
    fc.assert(
      fc.property(search, written, (query, [before, after]) => {
        if (!shows(query, before) && !shows(query, after)) return
        const documents = [before, after].filter((one) => one !== undefined)
        const purged = new Set(changed(...documents))
        expect(listed(query).some((tag) => purged.has(tag))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what a rule leaves of a list', () => {
  const parts = {
    name: 'parts',
    cache: {
      ...(hotels.cache as Extract<typeof hotels.cache, { kind: 'stored' }>),
      listsBy: ['m', 'f', 'g'],
    },
    listOwnerField: undefined,
  }
  const of = (subject: string) => ({ subject, scopes: [], claims: { org: ['a', 'x'] } })

  it.each<[string, Parameters<typeof residualOf>[0], readonly string[]]>([
    ['one value', where({ f: 'a', h: 1 }), [':f=a']],
    ['values of several alternatives', any(where({ f: 'a' }), owner('g')), [':f=a', ':g=s']],
    ['an element of an array', any(member('m'), where({ f: true })), [':f=true', ':m=s']],
    ['values of a claim', tenant('f', 'org'), [':f=a', ':f=x']],
    ['a field that has no tags beside one that has', any(where({ h: 1 }), owner('g')), [':=']],
    ['all documents', signedIn, [':=']],
    ['none', never, [':=']],
  ])('decides its tags: %s', (_what, read, tags) => {
    const listed = tagsOfList(parts, [], 's', residualOf(read, of('s')))
    expect(listed).toEqual(['parts:*', ...tags.map((tag) => `parts:*${tag}`)])
  })

  it('counts after its filters', () => {
    const filter = { path: 'g', operator: 'eq', value: 'b' } as const
    expect(tagsOfList(parts, [filter], 's', residualOf(member('m'), of('s')))).toEqual([
      'parts:*',
      'parts:*:g=b',
    ])
  })

  it('keeps stored exactly what no write has changed, wherever a document moves', () => {
    const callers = fc.array(fc.tuple(rule, principal), { minLength: 6, maxLength: 6 })
    const writes = fc.array(fc.tuple(fc.nat(3), fc.option(document, { nil: undefined })), { maxLength: 8 })
    let kept = 0
    fc.assert(
      fc.property(callers, writes, (callers, writes) => {
        const documents = new Map<number, Document>()
        const listFor = ([rule, who]: (typeof callers)[number]) =>
          JSON.stringify(
            [...documents].filter(([, one]) => isAllowed(rule, who, one)).sort(([a], [b]) => a - b),
          )
        const stored = new Map<(typeof callers)[number], { text: string; tags: readonly string[] }>()
        for (const [id, after] of writes) {
          for (const caller of callers) {
            const [rule, who] = caller
            if (stored.has(caller)) continue
            const tags = tagsOfList(parts, [], who?.subject, residualOf(rule, who))
            stored.set(caller, { text: listFor(caller), tags })
          }
          const before = documents.get(id)
          if (after === undefined) documents.delete(id)
          else documents.set(id, after)
          const states = [before, after].filter((one) => one !== undefined)
          const purged = new Set(tagsOfChangedLists(parts, states, 'writer'))
          for (const [caller, { text, tags }] of stored) {
            if (tags.some((tag) => purged.has(tag))) stored.delete(caller)
            else if (text !== listFor(caller))
              throw new Error(JSON.stringify({ caller, before, after, tags }))
            else if (states.length > 0) kept += 1
          }
        }
      }),
      { numRuns: 1_000 },
    )
    expect(kept).toBeGreaterThan(1_000)
  })
})

describe('a definition', () => {
  const define =
    (listsBy: readonly string[], read = anyone) =>
    () =>
      resource('hotels', {
        ...definition,
        access: { read, write: scope('x') },
        cache: { maxAge: '30s', listsBy },
      })

  it('is refused if listsBy has no effect', () => {
    expect(define(['name'])).toThrow(/cache.listsBy names 'name', which no list can be filtered by/)
    expect(define(['country', 'isOpen', 'stars', 'country'])).toThrow(/cache.listsBy names 4 fields/)
    expect(define(['country'], owner('country'))).toThrow(/cache.listsBy has no use/)
  })

  it('may name a field of its read rule', () => {
    const read = any(where({ name: 'published' }), scope('x'))
    const named = Type.Object({ ...stored.properties, name: Type.String() })
    const made = resource('hotels', {
      ...definition,
      schema: named,
      indexes: [...definition.indexes, { fields: { name: 1 } }],
      versions: [asStored('v1', named)],
      access: { read, write: scope('x') },
      cache: { maxAge: '30s', listsBy: ['name'] },
    })
    expect(tagsOfList(made, [], undefined, made.audiences.read.of(undefined))).toEqual([
      'hotels:*',
      'hotels:*:name=published',
    ])
  })
})
