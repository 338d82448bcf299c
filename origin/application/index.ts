import { defineApplication } from '@spillway/origin/contract'
import { adjustPopulation } from './actions/adjust-population.ts'
import { advisories } from './resources/advisories.ts'
import { keys } from './resources/api-keys.ts'
import { places } from './resources/places.ts'
import { trips } from './resources/trips.ts'

/** The sample application. It must be pure: the origin runs it, and the Worker's bundle contains it, too. */
export const application = defineApplication({
  name: 'travel',
  title: 'Travel API',
  summary: 'Cities of the world, your own trips, and travel advisories.',
  contact: { name: 'Travel API team', email: 'api@example.com' },
  license: { name: 'MIT', identifier: 'MIT' },
  resources: [places, trips, advisories, keys.resource],
  actions: [adjustPopulation, ...keys.actions],
})
