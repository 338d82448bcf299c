import { pick, type Random } from './random.ts'

/** A place as v2 of the API takes it: about 200 bytes of JSON, like those of the sample data. */
export function samplePlace(random: Random): Record<string, unknown> {
  return {
    name: `${pick(beginnings, random)}${pick(middles, random)}${pick(endings, random)} ${Math.floor(random() * 1e6)}`,
    countryCode: pick(countryCodes, random),
    region: String(Math.floor(random() * 100)).padStart(2, '0'),
    kind: pick(kinds, random),
    population: 15_000 + Math.floor(random() ** 4 * 5_000_000),
    location: { latitude: degrees(90, random), longitude: degrees(180, random) },
  }
}

/** Countries with many places in the sample data, so that each has more than a page. */
export const countryCodes = [
  ...['BR', 'CN', 'DE', 'ES', 'FR', 'GB', 'ID', 'IN', 'IR', 'IT'],
  ...['JP', 'MX', 'NG', 'PH', 'PL', 'RU', 'TR', 'UA', 'US', 'VN'],
]

const kinds = ['city', 'city', 'city', 'district', 'regional-capital']
const beginnings = ['Al', 'Bel', 'Cor', 'Dun', 'El', 'Far', 'Gran', 'Hol', 'Is', 'Kar', 'Lin', 'Mor']
const middles = ['a', 'de', 'en', 'i', 'land', 'mar', 'o', 'ter', 'u', 'vil']
const endings = ['burg', 'dale', 'field', 'grad', 'ham', 'mouth', 'pur', 'stad', 'ton', 'ville']

const degrees = (limit: number, random: Random) => Math.round((random() * 2 - 1) * limit * 1e5) / 1e5
