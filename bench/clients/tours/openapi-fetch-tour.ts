// biome-ignore lint/correctness/noUndeclaredDependencies: installed beside the generated client, see tools.ts.
import createClient from 'openapi-fetch'
import type { paths } from './openapi-types.js'
import { advisory, type ExpectedPlace, equal, isSame, isTrue, known, token, trip, url } from './support.js'

const api = createClient<paths>({
  baseUrl: url,
  headers: { authorization: `Bearer ${token}` },
  // A list in a parameter is one value with commas.
  querySerializer: { array: { style: 'form', explode: false } },
})

const query = { countryCode: 'FR', sort: ['-population' as const], limit: 3 }
const list = known((await api.GET('/v2/places', { params: { query } })).data)
const first = known(list.items[0])
equal(list.items.length, 3)
const after = { ...query, cursor: known(list.nextCursor) }
const next = known((await api.GET('/v2/places', { params: { query: after } })).data)
isTrue(known(next.items[0]).population <= known(list.items[2]).population)
const read = known((await api.GET('/v2/places/{id}', { params: { path: { id: first.id } } })).data)
isSame<typeof read, ExpectedPlace>(true)
isSame<typeof first, ExpectedPlace>(true)
equal(read.name, first.name)

const made = await api.POST('/v2/trips', { body: trip })
const { id } = known(made.data)
const etag = known(made.response.headers.get('etag'))
const change = (notes: string) =>
  api.PATCH('/v2/trips/{id}', {
    params: { path: { id }, header: { 'If-Match': etag } },
    body: { notes },
    headers: { 'content-type': 'application/merge-patch+json' },
  })
const changed = await change('bring an umbrella')
equal(known(changed.data).notes, 'bring an umbrella')
const conflict = await change('none')
equal(known(conflict.error).code, 'precondition-failed')
const newest = known(changed.response.headers.get('etag'))
const gone = await api.DELETE('/v2/trips/{id}', { params: { path: { id }, header: { 'If-Match': newest } } })
equal(gone.response.status, 204)

const denied = await api.POST('/v2/advisories', { body: advisory })
equal(denied.response.status, 403)
equal(known(denied.error).code, 'insufficient-scope')

const adjusted = await api.POST('/v2/places/{id}/adjust-population', {
  params: { path: { id: first.id } },
  body: { by: 1 },
})
equal(known(adjusted.data).population, first.population + 1)
