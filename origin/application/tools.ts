import type { ApplicationTools } from '@spillway/origin/contract'
import { seed } from './seed.ts'

/** Parts of the application for `npm start` and the load scenarios. Remove what you do not need. */
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
  load: {
    // People look at places and plan trips. Of 20 requests 19 read, as in infra's costs.
    browse: { 'places.read': 65, 'places.list': 30, 'trips.create': 5 },
    crowded: ['places'],
    // As many places as the seed has.
    documents: 24_323,
  },
}
