import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { placeSchemas } from './place.ts'

/** The rules of a place, compiled, for peers whose framework does not do it. */
export const isPlace = Compile(placeSchemas.create as unknown as TSchema)
export const isPlaceChange = Compile(placeSchemas.patch as unknown as TSchema)
