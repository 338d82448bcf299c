import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { placeSchemas } from './place.ts'
import { tripSchemas } from './trip.ts'

/** The rules of what is written, compiled, for peers whose framework does not do it. */
export const isPlace = Compile(placeSchemas.create as unknown as TSchema)
export const isPlaceChange = Compile(placeSchemas.patch as unknown as TSchema)
export const isTrip = Compile(tripSchemas.create as unknown as TSchema)
