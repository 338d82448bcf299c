import type { ApplicationTools } from '@spillway/origin/contract'
import { listingsSeed } from './seed.ts'

const listingCount = 5_000

export const tools: ApplicationTools = {
  seed: listingsSeed(listingCount),
  load: {
    // Guests look around, and few have anything to let.
    browse: { 'listings.read': 65, 'listings.list': 25, 'reviews.list': 8, 'listings.create': 2 },
    crowded: ['listings'],
    documents: listingCount,
  },
}
