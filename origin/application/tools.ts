import type { ApplicationTools } from '@spillway/origin/contract'
import { seed } from './seed.ts'

/** Parts of the application for `npm start` and the load scenarios. Remove those that you do not need. */
export const tools: ApplicationTools = {
  seed,
  welcome: {
    subject: 'alice',
    scopes: ['places:write', 'advisories:write'],
    caption: 'Read a list, write something of your own, read it back:',
    requests: [
      { path: '/v2/places?countryCode=FR&sort=-population&limit=3', signedIn: false },
      {
        path: '/v2/trips',
        signedIn: true,
        body: { title: 'Lisbon', startsOn: '2027-05-01', endsOn: '2027-05-08', placeIds: [] },
      },
      { path: '/v2/trips?sort=-startsOn&limit=1', signedIn: true },
    ],
  },
  canary: {
    version: 'v2',
    resource: 'trips',
    body: { title: 'canary', startsOn: '2027-05-01', endsOn: '2027-05-02', placeIds: [] },
    patch: { notes: 'changed' },
  },
  load: {
    // Users read places and plan trips. 19 of 20 requests are reads, as in infra's cost model.
    browse: { 'places.read': 65, 'places.list': 30, 'trips.create': 5 },
    crowded: ['places'],
    // The number of places in the seed.
    documents: 24_323,
  },
}
