import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineApplication, type Principal } from '@spillway/origin/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stays } from '../docs/model/example/stays.ts'
import { startTestApp, type TestApp } from './support/app.ts'

const host: Principal = { subject: 'hana', scopes: ['stays:write'] }
const at = (city: string, country: string, ...amenities: string[]) => ({
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

it('the page shows the example that is tested here', () => {
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
  // The same list page by page.
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
    /^colour: Unknown parameter\. Supported: title, kind, price, amenities, address\.city, address\.country, freeFrom, or, sort/,
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
  ['price=cheap', /^price: Must be an integer/],
])('%s is refused', async (query, detail) => {
  const { status, json } = await origin.send('GET', `/v1/stays?${encoded(query)}`)
  expect([status, json.code]).toEqual([400, 'invalid-query'])
  expect(json.detail).toMatch(detail)
})
