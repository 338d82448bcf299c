import type { Random } from './random.ts'
import { pick } from './random.ts'

/** A trip as v2 of the API takes it, to some of the places that are there. */
export function sampleTrip(placeIds: readonly string[], random: Random): Record<string, unknown> {
  const days = Math.floor(random() * 300)
  return {
    title: `${pick(kinds, random)} ${Math.floor(random() * 1e6)}`,
    startsOn: dayAfter(days),
    endsOn: dayAfter(days + 1 + Math.floor(random() * 14)),
    placeIds: Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(placeIds, random)),
  }
}

const kinds = ['Holiday', 'Visit', 'Round trip', 'Conference', 'Honeymoon', 'Hike']

const dayAfter = (days: number): string =>
  new Date(Date.UTC(2027, 0, 1) + days * 86_400_000).toISOString().slice(0, 10)
