import type { Seed } from '@spillway/origin/contract'

const cities = [
  ['Lisbon', 38.72, -9.14],
  ['Porto', 41.15, -8.61],
  ['Faro', 37.02, -7.93],
  ['Madrid', 40.42, -3.7],
  ['Seville', 37.39, -5.98],
] as const
const hostCount = 100
const kinds = ['Attic', 'Flat', 'House', 'Room', 'Boat']

/**
 * The requested number of listings in five cities, of a hundred hosts with profiles. Every third listing has a review.
 */
export const listingsSeed = (count: number): Seed => ({
  revision: `listings/${count}`,
  documents: () => ({
    profiles: Array.from({ length: hostCount }, (_, index) => ({
      id: `host-${index}`,
      userId: `host-${index}`,
      displayName: `Host ${index}`,
      isVerified: index % 2 === 0,
    })),
    listings: Array.from({ length: count }, (_, index) => listing(index)),
    reviews: Array.from({ length: Math.floor(count / 3) }, (_, index) => ({
      id: `review-${index}`,
      listingId: `listing-${index * 3}`,
      authorId: `guest-${index}`,
      stars: starsOf(index),
      text: 'Made up for the sample.',
    })),
  }),
})

const starsOf = (index: number): number => 1 + (index % 5)

function listing(index: number) {
  // The cast is safe: the remainder is an index of the list.
  const [city, latitude, longitude] = cities[index % cities.length] as (typeof cities)[number]
  // Spread over some 20 km.
  const apart = (index % 97) / 500
  const stars = index % 3 === 0 ? starsOf(index / 3) : 0
  return {
    id: `listing-${index}`,
    hostId: `host-${index % hostCount}`,
    title: `${kinds[index % kinds.length]} ${index} in ${city}`,
    description: 'Made up for the sample.',
    city,
    location: { type: 'Point', coordinates: [longitude + apart, latitude - apart / 2] },
    priceCents: 3_000 + (index % 200) * 100,
    guestsMax: 1 + (index % 6),
    status: index % 20 === 19 ? 'draft' : 'published',
    ratingCount: stars === 0 ? 0 : 1,
    ratingSum: stars,
    rating: stars,
  }
}
