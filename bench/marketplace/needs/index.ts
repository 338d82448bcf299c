import type { Need } from '../need.ts'
import * as bookings from './bookings.ts'
import * as conversations from './conversations.ts'
import * as listings from './listings.ts'
import * as machines from './machines.ts'
import * as organizations from './organizations.ts'
import * as people from './people.ts'
import * as reviews from './reviews.ts'

/** The 24 needs, in the order of their numbers. */
export const needs: readonly Need[] = [
  people,
  listings,
  bookings,
  conversations,
  reviews,
  organizations,
  machines,
]
  .flatMap((file): Need[] => Object.values(file))
  .toSorted((a, b) => a.number - b.number)
