import { anyone, representation, resource, scope } from '@spillway/origin/contract'
import { type Static, Type } from 'typebox'

/** GeoNames feature codes of populated places (PPLC, PPLA, PPL…, PPLX), in words. */
const Kind = Type.Enum(['capital', 'regional-capital', 'city', 'district'])
type Kind = Static<typeof Kind>

/** v1 only knows capitals; other kinds are kept unchanged. */
function kindOf(capital: boolean, before: Kind | undefined): Kind {
  if (capital) return 'capital'
  return before === undefined || before === 'capital' ? 'city' : before
}

const stored = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'Name in its usual English spelling.',
    examples: ['Lyon'],
  }),
  countryCode: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2.', examples: ['FR'] }),
  region: Type.Optional(
    Type.String({
      maxLength: 20,
      description: 'First-order administrative division, GeoNames code.',
      examples: ['84'],
    }),
  ),
  kind: Kind,
  population: Type.Integer({ minimum: 0, maximum: 100_000_000, examples: [522_228] }),
  latitude: Type.Number({ minimum: -90, maximum: 90, examples: [45.74846] }),
  longitude: Type.Number({ minimum: -180, maximum: 180, examples: [4.84671] }),
})

const { name, countryCode, region, kind, population, latitude, longitude } = stored.properties

/** Cities of the world: a public catalogue that changes rarely. */
export const places = resource('places', {
  description: 'Cities of the world with at least 15,000 inhabitants (GeoNames, CC BY 4.0).',
  schema: stored,
  access: { read: anyone, write: scope('places:write') },
  cache: { maxAge: '30s', staleWhileRevalidate: '5m', staleIfError: '1d', listsBy: ['countryCode'] },
  query: {
    filter: ['countryCode', 'kind', 'name', 'population'],
    sort: ['name', 'population'],
    defaultSort: '-population',
    pageSize: { default: 20, max: 100 },
  },
  indexes: [
    { fields: { countryCode: 1, population: -1 } },
    { fields: { kind: 1, population: -1 } },
    { fields: { name: 1 } },
    { fields: { population: -1 } },
  ],
  priority: 'normal',
  versions: [
    representation('v1', {
      stored,
      schema: Type.Object({
        name,
        country: countryCode,
        region,
        population,
        capital: Type.Boolean({ description: 'Whether it is the capital of its country.' }),
        lat: latitude,
        lng: longitude,
      }),
      fromStored: ({ name, countryCode, region, population, kind, latitude, longitude }) => ({
        name,
        country: countryCode,
        ...(region !== undefined && { region }),
        population,
        capital: kind === 'capital',
        lat: latitude,
        lng: longitude,
      }),
      toStored: ({ country, capital, lat, lng, ...same }, current) => ({
        ...same,
        countryCode: country,
        kind: kindOf(capital, current?.kind),
        latitude: lat,
        longitude: lng,
      }),
      paths: { country: 'countryCode', lat: 'latitude', lng: 'longitude', capital: null },
      deprecation: {
        deprecatedAt: '2026-11-01T00:00:00Z',
        sunsetAt: '2027-11-01T00:00:00Z',
        successor: 'v2',
      },
    }),
    representation('v2', {
      stored,
      schema: Type.Object({
        name,
        countryCode,
        region,
        kind,
        population,
        location: Type.Object(
          { latitude, longitude },
          { additionalProperties: false, description: 'WGS 84, in degrees.' },
        ),
      }),
      fromStored: ({ latitude, longitude, ...same }) => ({ ...same, location: { latitude, longitude } }),
      toStored: ({ location, ...same }) => ({ ...same, ...location }),
      paths: { location: null },
    }),
  ],
})
