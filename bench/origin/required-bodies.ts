import { bodySchema, mergePatch } from '@spillway/origin/contract'
import { createCompilers } from '../../origin/src/resource/validator.ts'
import { type PlaceInput, type StoredPlace, shownPlace, storedChanges, storedFields } from '../peers/place.ts'
import { placesView } from './required-checks.ts'
import type { RequiredStep } from './required-steps.ts'

export interface BodyChecks {
  /** `undefined` for an invalid body. */
  readonly ofCreate: (body: unknown) => PlaceInput | undefined
  /** Stored fields that change; `undefined` for an invalid result. */
  readonly ofChange: (place: StoredPlace, body: unknown) => Partial<StoredPlace> | undefined
}

/** The casts: the driver of the bench sends places and changes of places; with the step, the schema says so. */
export function bodyChecks(steps: ReadonlySet<RequiredStep>): BodyChecks {
  if (!steps.has('body')) {
    return {
      ofCreate: (body) => body as PlaceInput,
      ofChange: (_, body) => storedChanges(body as Partial<PlaceInput>),
    }
  }
  const { first } = createCompilers()
  const plain = (schema: unknown): object => JSON.parse(JSON.stringify(schema))
  const isInput = first.compile(plain(bodySchema(placesView)))
  const isStored = first.compile(plain({ ...placesView.resource.schema, additionalProperties: false }))
  const ofCreate = (body: unknown): PlaceInput | undefined =>
    isInput(body) && isStored(storedFields(body as PlaceInput)) ? (body as PlaceInput) : undefined
  return {
    ofCreate,
    ofChange: (place, body) => {
      const { name, countryCode, region, kind, population, location } = shownPlace(place)
      const shown = { name, countryCode, ...(region !== undefined && { region }), kind, population, location }
      const input = ofCreate(mergePatch(shown, body))
      return input && storedFields(input)
    },
  }
}
