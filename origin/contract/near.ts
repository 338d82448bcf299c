import { type TSchema, Type } from 'typebox'
import type { IndexDefinition, ResourceDefinition } from './definition.ts'
import { parseFilterValue } from './filter-type.ts'
import { isOfPlace } from './index-kind.ts'
import type { Keywords } from './keywords.ts'
import { limits } from './limits.ts'
import { schemaAt } from './path.ts'

/**
 * `near=latitude,longitude,metres`: documents whose point is within this distance, the nearest first. The order of the
 * coordinates is that of RFC 5870 (`geo:48.2,16.4`); a stored point is GeoJSON, which has the longitude first (RFC 7946
 * §3.1.1).
 */
export interface Near {
  readonly latitude: number
  readonly longitude: number
  readonly metres: number
}

/** Bounds of both coordinates, in degrees, as keywords of JSON Schema. */
const latitudes = { minimum: -90, maximum: 90 } as const
const longitudes = { minimum: -180, maximum: 180 } as const
const distances = { minimum: 1, maximum: limits.nearMetresMax } as const

/** Schema of a field that a `2dsphere` index may name: a GeoJSON point (RFC 7946 §3.1.2), in degrees, WGS 84. */
export const geoPoint = (description = 'A GeoJSON point: longitude, then latitude, in degrees (WGS 84).') =>
  Type.Object(
    {
      type: Type.Literal('Point'),
      coordinates: Type.Tuple([Type.Number(longitudes), Type.Number(latitudes)]),
    },
    { additionalProperties: false, description },
  )

export function parseNear(text: string): Near | { readonly detail: string } {
  const numbers = text.split(',', 4).map((part) => parseFilterValue({ kind: 'number', integer: false }, part))
  const [latitude, longitude, metres] = numbers
  const isPlace =
    numbers.length === 3 &&
    isWithin(latitude, latitudes) &&
    isWithin(longitude, longitudes) &&
    isWithin(metres, distances)
  if (isPlace) return { latitude, longitude, metres }
  return {
    detail: `Must be a latitude, a longitude and 1 to ${limits.nearMetresMax} metres, such as 48.8566,2.3522,5000.`,
  }
}

const isWithin = (
  value: unknown,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): value is number => typeof value === 'number' && value >= minimum && value <= maximum

/** Canonical text of a place. */
export const formatNear = ({ latitude, longitude, metres }: Near): string =>
  `${latitude},${longitude},${metres}`

/** Field that the database computes for a list by distance, in metres. No schema has names that begin with `_`. */
export const distancePath = '_distance'

/**
 * First stage of an aggregation: finds documents near the place among those that match a filter, and computes the
 * distance. Amazon DocumentDB has `$geoNear` with `2dsphere` indexes in all engines from 3.6 on, like `$near` and
 * `$nearSphere` (developer guide, "$geoNear"; compat-tool of awslabs/amazon-documentdb-tools). Only `$geoNear` returns
 * the distance.
 */
export const nearStage = (near: Near, query: Readonly<Record<string, unknown>>) => ({
  $geoNear: {
    near: { type: 'Point', coordinates: [near.longitude, near.latitude] },
    distanceField: distancePath,
    maxDistance: near.metres,
    spherical: true,
    query,
  },
})

/** Stored field whose points `near` compares; `undefined` if lists do not accept `near`. */
export const pointField = ({
  indexes,
}: {
  readonly indexes: readonly IndexDefinition[]
}): string | undefined => Object.keys(indexes.find(isOfPlace)?.fields ?? {})[0]

/** The parameter in the OpenAPI document. */
export const nearParameter = {
  name: 'near',
  in: 'query',
  description: `Latitude, longitude and distance in metres, of 1 to ${limits.nearMetresMax}: what is within the distance, the nearest first. Not with sort, search or count.`,
  style: 'form',
  explode: false,
  schema: {
    type: 'array',
    prefixItems: [latitudes, longitudes, distances].map((bounds) => ({ type: 'number', ...bounds })),
    items: {},
    minItems: 3,
    maxItems: 3,
  },
}

/** Mistakes in the `2dsphere` index of a resource, each with its fix. */
export function* checkPlaceIndex({ indexes = [], schema }: ResourceDefinition): Generator<string> {
  const [index, second] = indexes.filter(isOfPlace)
  if (index === undefined) return
  const [field = '', ...others] = Object.keys(index.fields)
  if (second !== undefined) yield `indexes has two '2dsphere' indexes: near compares one field; remove one`
  if (others.length > 0)
    yield `an index with '2dsphere' names ${others.join(', ')} too: name '${field}' alone`
  if (index.unique === true) yield `an index with '2dsphere' cannot be unique: remove unique`
  const point = schemaAt(schema, field)
  if (point !== undefined && !isPoint(point)) {
    yield `an index with '2dsphere' names '${field}', which is not a point: make it geoPoint()`
  }
  if (Object.hasOwn(schema.properties, 'near')) {
    yield `'near' is a parameter of lists that have an index with '2dsphere': rename the field`
  }
}

function isPoint(schema: TSchema): boolean {
  const { const: type }: Keywords = schemaAt(schema, 'type') ?? {}
  return type === 'Point' && schemaAt(schema, 'coordinates') !== undefined
}
