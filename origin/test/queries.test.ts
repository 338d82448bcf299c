import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  any,
  catalogue,
  defineApplication,
  findView,
  type Principal,
  parseListQuery,
  residualOf,
  type View,
  where,
} from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stays } from '../docs/model/example/stays.ts'
import { planIndexes } from '../src/store/indexes.ts'
import { planList } from '../src/store/list-plan.ts'
import { startTestApp, type TestApp } from './support/app.ts'

const host: Principal = { subject: 'hana', scopes: ['stays:write'] }
const about = 'A quiet place, with a view of the water.'
const places: Readonly<Record<string, readonly [number, number]>> = {
  Delft: [4.3571, 52.0116],
  Ghent: [3.7174, 51.0543],
  Brest: [-4.4861, 48.3904],
}
const at = (city: string, country: string, ...amenities: string[]) => ({
  about,
  location: { type: 'Point', coordinates: places[city] },
  address: { city, country },
  amenities,
})
const samples = [
  {
    title: 'Mill',
    kind: 'house',
    price: 19_900,
    freeFrom: '2026-12-01',
    ...at('Delft', 'NL', 'wifi', 'sauna'),
  },
  { title: 'Mill, small', kind: 'flat', price: 9_900, ...at('Delft', 'NL', 'wifi') },
  { title: 'Barge', kind: 'boat', price: 12_000, freeFrom: '2027-01-01', ...at('Ghent', 'BE') },
  {
    title: 'Lighthouse',
    kind: 'house',
    price: 45_000,
    freeFrom: '2027-03-01',
    ...at('Brest', 'FR', 'sauna'),
  },
]

let origin: TestApp
beforeAll(async () => {
  const application = defineApplication({
    name: 'stays',
    title: 'Stays',
    summary: 'Queries.',
    resources: [stays],
  })
  origin = await startTestApp({ application })
  const answer = await origin.send('POST', '/v1/stays/batch', { as: host, body: { items: samples } })
  expect(answer.status).toBe(200)
})
afterAll(() => origin.stop())

it('the documentation page shows the example of this test', () => {
  const folder = join(import.meta.dirname, '../docs/model')
  const example = readFileSync(join(folder, 'example/stays.ts'), 'utf8')
  expect(readFileSync(join(folder, 'queries.md'), 'utf8')).toContain(example)
})

it.each([
  ['kind=house&price[lt]=20000&sort=-price', ['Mill']],
  ['kind=house&sort=-price', ['Lighthouse', 'Mill']],
  ['kind[in]=flat,boat', ['Mill, small', 'Barge']],
  ['title[in]="Mill, small",Barge', ['Mill, small', 'Barge']],
  ['title=mill', []],
  ['title[prefix]=Mill', ['Mill, small', 'Mill']],
  ['title[prefix]=mill', []],
  ['price[gt]=9900&price[lte]=19900', ['Barge', 'Mill']],
  ['price[gte]=9900&price[lt]=19900', ['Mill, small', 'Barge']],
  ['search=VIEW', ['Mill, small', 'Barge', 'Mill', 'Lighthouse']],
  ['search=barge lighthouse', ['Barge', 'Lighthouse']],
  ['search=mill -small "', ['Mill, small', 'Mill']],
  ['search=mill&kind=flat', ['Mill, small']],
  ['search=mill&or=(kind=flat,price[gt]=40000)', ['Mill, small']],
  ['search=castle', []],
  ['search=lighthouse view&kind=house', ['Mill', 'Lighthouse']],
  ['search=lighthouse view&kind=house&sort=relevance', ['Lighthouse', 'Mill']],
  ['search=mill&sort=relevance&price[lt]=10000', ['Mill, small']],
  ['near=52,4.36,1', []],
  ['near=52.0116,4.3571,1&kind=flat', ['Mill, small']],
  ['near=51.0543,3.7174,100000', ['Barge']],
  ['kind[ne]=house', ['Mill, small', 'Barge']],
  ['freeFrom[ne]=2026-12-01', ['Barge', 'Lighthouse']],
  ['freeFrom[exists]=true', ['Barge', 'Mill', 'Lighthouse']],
  ['amenities[contains]=wifi', ['Mill, small', 'Mill']],
  ['address.city=Delft&sort=-price', ['Mill', 'Mill, small']],
  ['address.country[in]=BE,FR', ['Barge', 'Lighthouse']],
  ['sort=address.city,-title', ['Lighthouse', 'Mill, small', 'Mill', 'Barge']],
  ['or=(kind=boat,price[lt]=10000)', ['Mill, small', 'Barge']],
  [
    'or=("title[in]=\\"Mill, small\\",Barge",amenities[contains]=sauna)&sort=title',
    ['Barge', 'Lighthouse', 'Mill', 'Mill, small'],
  ],
  ['or=(address.city=Ghent,amenities[contains]=sauna)&price[lte]=20000', ['Barge', 'Mill']],
  ['freeFrom[gte]=2026-12-01', ['Barge', 'Mill', 'Lighthouse']],
])('%s', async (query, titles) => {
  const path = `/v1/stays?${query.split('&').map(encoded).join('&')}`
  const { status, json } = await origin.send('GET', path)
  expect([status, json.items?.map(({ title }: { title: string }) => title)]).toEqual([200, titles])
  // The same list, page by page.
  const walked: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await origin.send('GET', `${path}&limit=1${cursor && `&cursor=${cursor}`}`)
    walked.push(...page.json.items.map(({ title }: { title: string }) => title))
    cursor = page.json.nextCursor
  }
  expect(walked).toEqual(titles)
})

const encoded = (parameter: string): string => {
  const [name = '', ...value] = parameter.split('=')
  return `${encodeURIComponent(name)}=${encodeURIComponent(value.join('='))}`
}

it.each<readonly [string, RegExp]>([
  [
    'colour=red',
    /^colour: Unknown parameter\. Supported: title, kind, price, amenities, address\.city, address\.country, freeFrom, or, search, near, sort/,
  ],
  ['kind[gt]=boat', /^kind\[gt\]: Unknown operator\. Supported: kind, kind\[ne\], kind\[in\]\.$/],
  ['kind[prefix]=b', /^kind\[prefix\]: Unknown operator/],
  ['title[prefix]=', /^title\[prefix\]: Must have at least one character\.$/],
  ['freeFrom[exists]=false', /^freeFrom\[exists\]: Must be true/],
  ['price[exists]=true', /^price\[exists\]: Unknown operator/],
  ['title[contains]=ill', /^title\[contains\]: Unknown operator\. Supported: .*title\[prefix\]/],
  ['amenities=wifi', /^amenities: Unknown operator\. Supported: amenities\[contains\]\.$/],
  ['address.town=Delft', /^address\.town: Unknown parameter/],
  ['or=kind=boat', /^or: Must be filters in parentheses, such as \(status=open/],
  ['or=(kind=boat,sort=price)', /^or: sort: Unknown parameter\. Supported: title, .*freeFrom\.$/],
  ['or=(kind=boat,kind=hut)', /^or: kind: Must be one of house, flat, boat\.$/],
  ['or=(or=(kind=boat))', /^or: or: Unknown parameter/],
  [
    `or=(${Array.from({ length: 9 }, (_, index) => `price=${index}`).join()})`,
    /^or: Too many alternatives: at most 8\.$/,
  ],
  ['near=91,0,1', /^near: Must be a latitude, a longitude and 1 to 100000 metres/],
  ['near=1,2', /^near: Must be a latitude/],
  ['near=1,2,3,4', /^near: Must be a latitude/],
  ['near=1,2,100001', /^near: Must be a latitude/],
  ['near=1,2,3&sort=price', /^sort: Cannot be combined with near/],
  ['near=1,2,3&search=mill', /^search: Cannot be combined with near/],
  ['sort=relevance', /^sort: Unknown sort field\. Supported: .*; relevance alone, with search\.$/],
  ['search=mill&sort=-relevance', /^sort: Unknown sort field/],
  ['search=mill&sort=relevance,price', /^sort: Unknown sort field/],
  ['search=-', /^search: Must have at least one word\.$/],
  ['search=a b c d e f g h i', /^search: Too many words: at most 8\.$/],
  ['or=(search=mill)', /^or: search: Unknown parameter/],
  ['price=cheap', /^price: Must be an integer/],
])('%s is refused', async (query, detail) => {
  const { status, json } = await origin.send('GET', `/v1/stays?${query.split('&').map(encoded).join('&')}`)
  expect([status, json.code]).toEqual([400, 'invalid-query'])
  expect(json.detail).toMatch(detail)
})

it('near lists the nearest first, page by page, those at one place too', async () => {
  const created: string[] = []
  const body = { ...samples[0], title: 'N', price: 1, kind: 'boat' }
  for (const [index, latitude] of [10.02, 10, 10.01, 10, 10, 10.5].entries()) {
    const location = { type: 'Point', coordinates: [20, latitude] }
    const answer = await origin.send('POST', '/v1/stays', {
      as: host,
      body: { ...body, title: `N${index}`, location },
    })
    expect(answer.status).toBe(201)
    created.push(String(answer.headers.location))
  }
  const titles: string[] = []
  for (let path = '/v1/stays?near=10,20,5000&limit=2'; path !== ''; ) {
    const { status, headers, json } = await origin.send('GET', path)
    expect([status, json.items.length <= 2]).toEqual([200, true])
    titles.push(...json.items.map(({ title }: { title: string }) => title))
    path = /<([^>]+)>; rel="next"/.exec(String(headers.link ?? ''))?.[1] ?? ''
  }
  expect(titles.slice(0, 3).sort()).toEqual(['N1', 'N3', 'N4'])
  expect(titles.slice(3)).toEqual(['N2', 'N0'])
  for (const path of created) await origin.send('DELETE', path, { as: host })
})

it('refuses a point that is nowhere', async () => {
  const location = { type: 'Point', coordinates: [10, 91] }
  const body = { ...samples[0], location }
  const { status, json } = await origin.send('POST', '/v1/stays', { as: host, body })
  expect([status, json.errors]).toEqual([
    422,
    [{ pointer: '/location/coordinates/1', detail: 'Must be <= 90.' }],
  ])
})

it('search is answered from the text index, whatever the access rule adds', async () => {
  const view = findView(catalogue(stays), 'v1', 'stays') as View
  const query = parseListQuery(view, 'search=mill&sort=price')
  if (!query.ok) throw new Error(query.problem.detail)
  const rule = any(where({ kind: 'flat' }), where({ price: 19_900 }))
  const { filter, sort } = planList(stays, query.value, residualOf(rule, undefined))
  const cursor = origin.database.db.collection('stays').find(filter).sort(sort)
  expect((await cursor.clone().toArray()).map(({ title }) => title)).toEqual(['Mill, small', 'Mill'])
  expect(JSON.stringify(await cursor.explain('queryPlanner'))).toContain('TEXT_MATCH')
})

it('keeps a text index that is there, and knows one over other texts', async () => {
  const { db } = origin.database
  const changes = await planIndexes(db, catalogue(stays))
  expect([changes.create, changes.replace, changes.drop]).toEqual([[], [], []])
  const name = 'title_text_about_text'
  await db.collection('stays').dropIndex(name)
  await db.collection('stays').createIndex({ title: 'text', kind: 'text' }, { name })
  const { replace } = await planIndexes(db, catalogue(stays))
  expect(replace.map((index) => index.name)).toEqual([name])
})
