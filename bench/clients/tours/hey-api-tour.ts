import { client } from './hey-api/client.gen.js'
import {
  adjustPopulationPlacesV2,
  createAdvisoriesV2,
  createTripsV2,
  deleteTripsV2,
  listPlacesV2,
  patchTripsV2,
  readPlacesV2,
} from './hey-api/index.js'
import { advisory, type ExpectedPlace, equal, isSame, isTrue, known, token, trip, url } from './support.js'

client.setConfig({
  baseUrl: url,
  auth: () => token,
  // A list in a parameter is one value with commas.
  querySerializer: { parameters: { sort: { array: { style: 'form', explode: false } } } },
})

const query = { countryCode: 'FR', sort: ['-population' as const], limit: 3 }
const list = known((await listPlacesV2({ query })).data)
const first = known(list.items[0])
equal(list.items.length, 3)
const next = known((await listPlacesV2({ query: { ...query, cursor: known(list.nextCursor) } })).data)
isTrue(known(next.items[0]).population <= known(list.items[2]).population)
const read = known((await readPlacesV2({ path: { id: first.id } })).data)
isSame<typeof read, ExpectedPlace>(true)
isSame<typeof first, ExpectedPlace>(true)
equal(read.name, first.name)

const made = await createTripsV2({ body: trip })
const { id } = known(made.data)
const etag = known(known(made.response).headers.get('etag'))
const change = (notes: string) =>
  patchTripsV2({ path: { id }, headers: { 'If-Match': etag }, body: { notes } })
const changed = await change('bring an umbrella')
equal(known(changed.data).notes, 'bring an umbrella')
const conflict = await change('none')
equal(known(conflict.error).code, 'precondition-failed')
const newest = known(known(changed.response).headers.get('etag'))
const gone = await deleteTripsV2({ path: { id }, headers: { 'If-Match': newest } })
equal(known(gone.response).status, 204)

const denied = await createAdvisoriesV2({ body: advisory })
equal(known(denied.response).status, 403)
equal(known(denied.error).code, 'insufficient-scope')

const adjusted = known((await adjustPopulationPlacesV2({ path: { id: first.id }, body: { by: 1 } })).data)
// A caller who may not read the document is answered 204.
equal(typeof adjusted === 'object' && adjusted.population, first.population + 1)
