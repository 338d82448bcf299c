import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSeed } from '../src/store/seed.ts'
import { resources } from './fixture/application.ts'
import { placesSeed } from './fixture/seed.ts'
import { startTestApp, type TestApp } from './support/app.ts'
import { editor } from './support/client.ts'
import { revisionOf } from './support/etag.ts'
import { placeV2 } from './support/samples.ts'

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp()
  await loadSeed(origin.database.db, placesSeed(300), resources)
})
afterAll(() => origin.stop())

const list = (query: string, version = 'v2') => origin.send('GET', `/${version}/places${query}`)

interface Place {
  readonly id: string
  readonly name: string
  readonly countryCode: string
  readonly population: number
}

/** Every item of a list, by following the link to each next page. */
async function walk(first: string, between: () => Promise<unknown> = async () => {}): Promise<Place[]> {
  const items: Place[] = []
  for (let path: string | undefined = first; path !== undefined; ) {
    const answer = await origin.send('GET', path)
    expect(answer.status).toBe(200)
    items.push(...answer.json.items)
    const link = /<([^>]+)>; rel="next"/.exec(String(answer.headers.link ?? ''))?.[1]
    expect(link === undefined).toBe(answer.json.nextCursor === null)
    path = link
    await between()
  }
  return items
}

describe('pages', () => {
  it('always tell whether there is a next page', async () => {
    const all = await walk('/v2/places?limit=37')
    expect(all).toHaveLength(300)
    expect(new Set(all.map(({ id }) => id)).size).toBe(300)
    const order = all.map(({ population }) => population)
    expect(order).toEqual(order.toSorted((a, b) => b - a))
  })

  it('end at a last page that is full', async () => {
    const answers = [await list('?limit=100&kind=capital&sort=name'), await list('?limit=1')]
    expect(answers[0]?.json.nextCursor).toBeNull()
    expect(answers[0]?.headers.link).toBeUndefined()
    expect(answers[1]?.json.nextCursor).toEqual(expect.any(String))
    expect(await walk('/v2/places?limit=100&sort=id')).toHaveLength(300)
  })

  it.each(['population', '-population', 'name', '-name', 'id', '-id', 'kind,name'])(
    'are stable by %s while others insert and delete',
    async (sort) => {
      const query = `/v2/places?limit=40&sort=${sort}`
      if ((await origin.send('GET', query)).status === 400) return expect(sort).toBe('kind,name')
      const before = await walk(query)
      const created: string[] = []
      const items = await walk(query, async () => {
        for (const population of [1, 900_000, 30_000_000]) {
          const body = { ...placeV2, name: `Z${population}`, population }
          const { json } = await origin.send('POST', '/v2/places', { as: editor, body })
          created.push(json.id)
        }
        await origin.send('DELETE', `/v2/places/${created.shift()}`, { as: editor })
      })
      const known = new Set(before.map(({ id }) => id))
      expect(items.filter(({ id }) => known.has(id))).toEqual(before)
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
      for (const id of created) await origin.send('DELETE', `/v2/places/${id}`, { as: editor })
    },
  )

  it('keep fields, filters and order of the first page', async () => {
    const items = await walk('/v2/places?limit=5&fields=name&countryCode=CN')
    expect(items.length).toBeGreaterThan(5)
    for (const item of items) expect(Object.keys(item).sort()).toEqual(['id', 'name'])
  })

  it('refuse the cursor of another list', async () => {
    const { nextCursor } = (await list('?limit=2')).json
    for (const query of [
      `?limit=2&sort=name&cursor=${nextCursor}`,
      `?limit=2&countryCode=FR&cursor=${nextCursor}`,
      `?limit=2&cursor=${nextCursor}x`,
      '?cursor=',
      '?cursor=%00',
      `?cursor=${Buffer.from('["x",{"$gt":""},"1"]').toString('base64url')}`,
    ]) {
      const answer = await list(query)
      expect([
        answer.status,
        answer.json.code === 'invalid-query' || answer.json.code === 'invalid-cursor',
      ]).toEqual([400, true])
    }
    expect((await list(`?limit=2&cursor=${nextCursor}`, 'v1')).status).toBe(400)
  })
})

describe('filters', () => {
  it.each([
    ['?countryCode=FR', (place: Place) => place.countryCode === 'FR'],
    ['?countryCode[in]=FR,DE', (place: Place) => ['FR', 'DE'].includes(place.countryCode)],
    ['?countryCode%5Bin%5D=FR%2CDE', (place: Place) => ['FR', 'DE'].includes(place.countryCode)],
    ['?population[gte]=5000000&population[lt]=9000000', ({ population: p }: Place) => p >= 5e6 && p < 9e6],
    ['?population[gt]=1e7', ({ population }: Place) => population > 1e7],
    ['?name=Paris', ({ name }: Place) => name === 'Paris'],
  ] as const)('%s', async (query, fits) => {
    const everything = await walk('/v2/places?limit=100&sort=-population')
    const found = await walk(`/v2/places${query}&limit=100&sort=-population`)
    expect(found.length).toBeGreaterThan(0)
    expect(found).toEqual(everything.filter(fits))
  })

  it('an empty result is 200', async () => {
    const answer = await list('?countryCode=XX')
    expect([answer.status, answer.text]).toEqual([200, '{"items":[],"nextCursor":null}'])
  })
})

describe('a query is refused with the name of its parameter', () => {
  const table: readonly (readonly [query: string, parameter: string])[] = [
    ['?unknown=1', 'unknown'],
    ['?countryCode[$ne]=', 'countryCode[$ne]'],
    ['?countryCode[$gt]=', 'countryCode[$gt]'],
    ['?countryCode[nin]=FR', 'countryCode[nin]'],
    ['?countryCode[]=FR', 'countryCode[]'],
    ['?countryCode[in][0]=FR', 'countryCode[in][0]'],
    ['?$where=sleep(1000)', '$where'],
    ['?__proto__[admin]=1', '__proto__[admin]'],
    ['?constructor=1', 'constructor'],
    ['?_id=1', '_id'],
    ['?_v=1', '_v'],
    ['?latitude=1', 'latitude'],
    ['?population=many', 'population'],
    ['?population={"$gt":0}', 'population'],
    ['?population=NaN', 'population'],
    ['?population=9007199254740993', 'population'],
    ['?population=0x10', 'population'],
    ['?kind=village', 'kind'],
    ['?limit=0', 'limit'],
    ['?limit=101', 'limit'],
    ['?limit=-1', 'limit'],
    ['?limit=1e1', 'limit'],
    ['?sort=latitude', 'sort'],
    ['?sort=$natural', 'sort'],
    ['?sort=', 'sort'],
    ['?sort=name,name', 'sort'],
    ['?fields=password', 'fields'],
    ['?fields=_v', 'fields'],
    ['?countryCode=FR&countryCode=DE', 'countryCode'],
    ['?limit=1&limit=2', 'limit'],
  ]
  for (const [query, parameter] of table) {
    it(query, async () => {
      // Braces and quotes are not valid in a URL; clients encode them.
      const answer = await list(query.replace(/[{}"$]/g, encodeURIComponent))
      expect([answer.status, answer.json.code]).toEqual([400, 'invalid-query'])
      expect(answer.json.errors[0].parameter).toBe(parameter)
    })
  }

  it.each(['?name=%ff', '?name=%', '?name=%00', '?%E0%A4=1', '?='])('%s', async (query) => {
    expect((await list(query)).status).toBe(400)
  })

  it('beyond 32 parameters, or 8,192 bytes of URL', async () => {
    expect((await list(`?${'a=1&'.repeat(33)}`)).status).toBe(400)
    const answer = await list(`?name=${'a'.repeat(8_200)}`)
    expect([answer.status, answer.json.code]).toEqual([414, 'uri-too-long'])
  })

  it('a read accepts only fields, a write no parameters', async () => {
    const { json } = await list('?limit=1')
    const [{ id }] = json.items
    expect((await origin.send('GET', `/v2/places/${id}?limit=1`)).json.errors[0].parameter).toBe('limit')
    const answer = await origin.send('DELETE', `/v2/places/${id}?force=true`, { as: editor })
    expect([answer.status, answer.json.errors[0].parameter]).toEqual([400, 'force'])
  })
})

describe('an answer', () => {
  it('has the selected fields with id, and the ETag of the document', async () => {
    const [{ id }] = (await list('?limit=1')).json.items
    const whole = await origin.send('GET', `/v2/places/${id}`)
    const part = await origin.send('GET', `/v2/places/${id}?fields=population,name`)
    expect(part.json).toEqual({ id, name: whole.json.name, population: whole.json.population })
    expect(part.headers.etag).toBe(whole.headers.etag)
  })

  it('to HEAD has the headers of GET without the body', async () => {
    for (const path of ['/v2/places?limit=3', `/v2/places/${(await list('?limit=1')).json.items[0].id}`]) {
      const [get, head] = [await origin.send('GET', path), await origin.send('HEAD', path)]
      expect(head.text).toBe('')
      expect([head.status, head.headers.etag, head.headers['content-length']]).toEqual([
        200,
        get.headers.etag,
        String(Buffer.byteLength(get.text)),
      ])
    }
  })

  it('for a missing document may be stored briefly, with the tag that its creation purges', async () => {
    const { status, headers } = await origin.send('GET', '/v2/places/nowhere')
    expect(status).toBe(404)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cdn-cache-control': 'max-age=10',
      'cache-tag': 'places:nowhere',
    })
    const malformed = await origin.send('GET', '/v2/places/no.where')
    expect([malformed.status, malformed.headers['cdn-cache-control']]).toEqual([404, undefined])
    const written = await origin.send('PATCH', '/v2/places/nowhere', { as: editor, body: { population: 1 } })
    expect([written.status, written.headers['cdn-cache-control']]).toEqual([404, undefined])
    const made = await origin.send('POST', '/v2/places', { as: editor, body: placeV2 })
    expect(String(made.headers['spillway-purge-tag']).split(',')).toContain(`places:${made.json.id}`)
  })

  it('has cache tags and lifetimes for the edge', async () => {
    const [{ id }] = (await list('?limit=1')).json.items
    const cacheable = {
      'cache-control': 'public, no-cache',
      'cdn-cache-control': 'max-age=30, stale-while-revalidate=300, stale-if-error=86400',
    }
    const read = await origin.send('GET', `/v2/places/${id}`)
    const shown = `places@v2:${revisionOf(String(read.headers.etag))}`
    expect((await list('')).headers).toMatchObject({
      ...cacheable,
      'cache-tag': `places:*,places:*:=,${shown}`,
    })
    const inFrance = await list('?countryCode=FR&kind=city')
    expect(inFrance.headers['cache-tag']).toBe(`places:*,places:*:countryCode=FR,${shown}`)
    expect(read.headers).toMatchObject({ ...cacheable, 'cache-tag': `places:${id},${shown}` })
    const patched = await origin.send('PATCH', `/v2/places/${id}`, { as: editor, body: { population: 1 } })
    expect(patched.headers).toMatchObject({
      'cache-control': 'no-store',
      'spillway-purge-tag': `places:${id},places:*:=,places:*:countryCode=${read.json.countryCode}`,
    })
  })
})
