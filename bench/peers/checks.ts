import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { placeSchemas } from './place.ts'
import { tripSchemas } from './trip.ts'

/** Compiled schemas of request bodies, for peers whose framework does not validate. */
export const isPlace = Compile(placeSchemas.create as unknown as TSchema)
export const isPlaceChange = Compile(placeSchemas.patch as unknown as TSchema)
export const isTrip = Compile(tripSchemas.create as unknown as TSchema)
