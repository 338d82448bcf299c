import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { placeSchemas } from './place.ts'
import { tripSchemas } from './trip.ts'

const compile = (schema: object) =>
  // The cast is safe: TypeBox compiles any JSON schema, and its type names its own.
  Compile(schema as unknown as TSchema)

/** Compiled schemas of request bodies, for peers whose framework does not validate. */
export const isPlace = compile(placeSchemas.create)
export const isPlaceChange = compile(placeSchemas.patch)
export const isTrip = compile(tripSchemas.create)
