import { catalogue } from '../catalogue.ts'
import { advisories } from './advisories.ts'
import { places } from './places.ts'
import { trips } from './trips.ts'

/** The application: every resource, one line each. */
export const resources = catalogue(places, trips, advisories)
