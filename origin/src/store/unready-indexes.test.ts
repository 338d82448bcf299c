import { type ListQuery, parseListQuery, type Residual, type Resource } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import { stays } from '../../docs/model/example/stays.ts'
import { advisories, advisory, ownedBy, places, trips } from '../../test/store/documents.ts'
import { indexesOf } from './indexes.ts'
import { UnreadyIndexes } from './unready-indexes.ts'

function without(resource: Resource, ...names: readonly string[]): UnreadyIndexes {
  const unready = new UnreadyIndexes()
  const plans = indexesOf(resource).filter(({ name }) => names.includes(name))
  expect(plans.map(({ name }) => name).sort()).toEqual([...names].sort())
  unready.set(plans)
  return unready
}

function listQuery(resource: Resource, search: string): ListQuery {
  const [version, representation] = [...resource.versions].at(-1) ?? []
  if (version === undefined || representation === undefined) throw new TypeError('a resource has a version')
  const parsed = parseListQuery({ resource, version, representation }, search)
  if (!parsed.ok) throw new TypeError(parsed.problem.detail)
  return parsed.value
}

const byCountry = 'countryCode_1_population_-1__id_-1'
const byKind = 'kind_1_population_-1__id_-1'
const byName = 'name_1__id_1'
const byPopulation = 'population_-1__id_-1'
const byStart = 'ownerId_1_startsOn_1__id_1'
const byTitle = 'ownerId_1_title_1__id_1'
const words = 'title_text_about_text'
const near = 'location_2dsphere'

it.each<[string, Resource, readonly string[], string, Residual | undefined, string | undefined]>([
  ['the only index of a sort', places, [byName], 'sort=name', undefined, byName],
  ['another sort', places, [byName], 'sort=-population', undefined, undefined],
  ['the only index of a filter', places, [byKind], 'kind=city&sort=name', undefined, byKind],
  ['one of two filters', places, [byKind], 'kind=city&countryCode=CN', undefined, undefined],
  ['both filters', places, [byKind, byCountry], 'kind=city&countryCode=CN', undefined, byCountry],
  ['the sort of a filtered list', places, [byName], 'countryCode=CN&sort=name', undefined, byName],
  ['a sort that the index of the filter has', places, [byPopulation], 'kind=city', undefined, undefined],
  ['an alternative', places, [byKind], 'or=(kind=city,countryCode=CN)', undefined, byKind],
  ['nothing', places, [], 'sort=name', undefined, undefined],
  ['the sort of an owner’s list', trips, [byTitle], 'sort=title', ownedBy('alice'), byTitle],
  ['another sort of an owner’s list', trips, [byTitle], 'sort=startsOn', ownedBy('alice'), undefined],
  ['every index of the owner', trips, [byTitle, byStart], 'sort=id', ownedBy('alice'), byStart],
  [
    'an index by owner, of an owner’s filter',
    trips,
    [byStart],
    'startsOn=2026-12-01&sort=title',
    ownedBy('a'),
    undefined,
  ],
  ['the words', stays, [words], 'search=mill', undefined, words],
  ['the words, of a list without them', stays, [words], 'kind=house', undefined, undefined],
  ['the places', stays, [near], 'near=52,4,1000', undefined, near],
  [
    'an index of a filter, for a search',
    stays,
    ['kind_1_price_1__id_1'],
    'search=mill&kind=house',
    undefined,
    undefined,
  ],
  ['the tombstones', places, ['_expires_1'], 'sort=name', undefined, undefined],
])('a list without %s', (_, resource, names, search, residual, needed) => {
  const unready = without(resource, ...names)
  const name = unready.forList(resource, listQuery(resource, search), residual)
  expect(name).toBe(needed && `${resource.name}.${needed}`)
})

it('a list of everything that several rules allow needs an index for each of them', () => {
  const residual: Residual = {
    alternatives: [
      [{ field: 'countryCode', operator: 'is', values: ['CN'] }],
      [{ field: 'kind', operator: 'is', values: ['city'] }],
    ],
    text: '',
  }
  const query = listQuery(places, 'sort=-population')
  expect(without(places, byKind).forList(places, query, residual)).toBe(`places.${byKind}`)
  expect(without(places, byName).forList(places, query, residual)).toBeUndefined()
})

it('an index of another resource is not needed', () => {
  expect(without(places, byName).forList(trips, listQuery(trips, 'sort=title'), ownedBy('a'))).toBeUndefined()
})

it('a write needs a unique index if it changes a value of it', () => {
  const unready = without(advisories, 'code_1')
  const before = advisory('FR-1')
  expect(unready.forWrite(advisories, before, undefined)).toBe('advisories.code_1')
  expect(unready.forWrite(advisories, advisory('FR-2'), before)).toBe('advisories.code_1')
  expect(unready.forWrite(advisories, advisory('FR-1', 'Snow'), before)).toBeUndefined()
  expect(without(advisories).forWrite(advisories, before, undefined)).toBeUndefined()
  expect(without(places, byName).forWrite(places, { name: 'Lyon' }, undefined)).toBeUndefined()
})
