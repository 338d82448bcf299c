import { action, scope } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { places } from '../resources/places.ts'

/** Adds a difference to the population. A PATCH cannot do this: the number may have changed since it was read. */
export const adjustPopulation = action('adjust-population', {
  description: 'Adds to the number of inhabitants, or takes from it.',
  on: places,
  access: scope('places:write'),
  input: Type.Object({ by: Type.Integer({ minimum: -100_000_000, maximum: 100_000_000 }) }),
  problems: { 'out-of-range': 'The place would have fewer than 0 or more than 100,000,000 inhabitants.' },
})
