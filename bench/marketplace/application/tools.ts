import type { ApplicationTools } from '@spillway/origin/contract'
import { listingsSeed } from './seed.ts'

const listingCount = 5_000

const dayMs = 86_400_000
const dayOf = (day: number) => new Date(Date.now() + day * dayMs).toISOString().slice(0, 10)

/** Single nights of the next years, so that few guests ask for the same one. */
const nights = Array.from({ length: 1_000 }, (_, day) => ({
  startsOn: dayOf(day + 1),
  endsOn: dayOf(day + 2),
  guests: 1,
}))

export const tools: ApplicationTools = {
  seed: listingsSeed(listingCount),
  load: {
    // Most guests only read, and few users let a listing.
    browse: {
      'listings.read': 65,
      'listings.list': 24,
      'reviews.list': 8,
      'listings.book': 2,
      'listings.create': 1,
    },
    crowded: ['listings'],
    documents: listingCount,
    inputs: { 'listings.book': nights },
    // Bookings of the same night of a popular place: only one of them succeeds.
    expects: { 'listings.book': ['dates-taken'] },
  },
}
