import type { Attack } from './attack.ts'
import { bodiesOf } from './bodies.ts'
import { claims, tenants } from './callers.ts'
import { crowd } from './crowd.ts'
import { keys } from './keys.ts'
import { queries } from './queries.ts'
import { races } from './races.ts'
import { hidden } from './requests.ts'
import { walks } from './walk.ts'

/** Attacks on the marketplace, through edge, cache, origin and database. */
export const attacks: readonly Attack[] = [
  walks,
  hidden,
  queries,
  claims,
  tenants,
  crowd,
  keys,
  bodiesOf,
  races,
]
