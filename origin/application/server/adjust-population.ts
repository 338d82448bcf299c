import { implement } from '@spillway/origin/server'
import { adjustPopulation } from '../actions/adjust-population.ts'
import { places } from '../resources/places.ts'

export const adjust = implement(adjustPopulation, ({ document, input, store, refuse }) => {
  const population = document.population + input.by
  if (population < 0 || population > 100_000_000) return refuse('out-of-range')
  return store.update(places, document.id, { population })
})
