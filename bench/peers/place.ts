/** A place as every peer stores it: the fields of the sample data, and an application's system fields. */
export interface StoredPlace {
  readonly _id: string
  readonly name: string
  readonly countryCode: string
  readonly region?: string
  readonly kind: string
  readonly population: number
  readonly latitude: number
  readonly longitude: number
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Counts changes from 1; the ETag. */
  readonly version: number
}

/** Representation for callers: v2 of the API. */
export const shownPlace = ({ _id, latitude, longitude, version: _, ...place }: StoredPlace) => ({
  id: _id,
  ...place,
  location: { latitude, longitude },
})

export const etagOf = ({ version }: Pick<StoredPlace, 'version'>): string => `"${version}"`

/** Version in an If-Match header; `undefined` for any other ETag. */
export function versionOf(ifMatch: string | undefined): number | undefined {
  const match = /^"([1-9]\d{0,14})"$/.exec(ifMatch ?? '')
  return match === null ? undefined : Number(match[1])
}

const location = {
  type: 'object',
  additionalProperties: false,
  required: ['latitude', 'longitude'],
  properties: {
    latitude: { type: 'number', minimum: -90, maximum: 90 },
    longitude: { type: 'number', minimum: -180, maximum: 180 },
  },
} as const

const properties = {
  name: { type: 'string', minLength: 1, maxLength: 200 },
  countryCode: { type: 'string', pattern: '^[A-Z]{2}$' },
  region: { type: 'string', maxLength: 20 },
  kind: { enum: ['capital', 'regional-capital', 'city', 'district'] },
  population: { type: 'integer', minimum: 0, maximum: 100_000_000 },
  location,
} as const

/** JSON Schemas with the rules of the sample resource, for peers that validate and serialize by schema. */
export const placeSchemas = {
  create: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'countryCode', 'kind', 'population', 'location'],
    properties,
  },
  patch: { type: 'object', additionalProperties: false, minProperties: 1, properties },
  query: {
    type: 'object',
    additionalProperties: false,
    required: ['countryCode'],
    properties: {
      countryCode: { type: 'string', pattern: '^[A-Z]{2}$' },
      'population[lt]': { type: 'integer', minimum: 0 },
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    },
  },
  shown: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      name: { type: 'string' },
      countryCode: { type: 'string' },
      region: { type: 'string' },
      kind: { type: 'string' },
      population: { type: 'integer' },
      location: {
        type: 'object',
        properties: { latitude: { type: 'number' }, longitude: { type: 'number' } },
      },
      createdAt: { type: 'string', format: 'date-time' },
      updatedAt: { type: 'string', format: 'date-time' },
    },
  },
} as const

export interface PlaceInput {
  readonly name: string
  readonly countryCode: string
  readonly region?: string
  readonly kind: string
  readonly population: number
  readonly location: { readonly latitude: number; readonly longitude: number }
}

export interface PlaceQuery {
  readonly countryCode: string
  readonly 'population[lt]'?: number
  readonly limit: number
}

/** Converts the fields of a request to stored fields. */
export const storedFields = ({ location, ...same }: PlaceInput) => ({ ...same, ...location })

export const storedChanges = ({ location, ...same }: Partial<PlaceInput>) => ({ ...same, ...location })

/** Filter of a conditional update; without If-Match any version fits. */
export const updateFilter = (_id: string, version: number | undefined) =>
  version === undefined ? { _id } : { _id, version }
