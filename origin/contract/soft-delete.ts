import { fieldsOf, partsOf } from './access.ts'
import type { ResourceDefinition, SoftDeleteOptions } from './definition.ts'
import { durationSeconds } from './duration.ts'

/** At least a day, because the record also keeps the answer to a create with an Idempotency-Key that long. */
const keepSecondsMin = 86_400
const keepSecondsMax = 3_650 * 86_400

/** Retention of deleted documents, in ms; `undefined` if deletions are final. */
export const keptDeletedMs = (options: SoftDeleteOptions | undefined): number | undefined =>
  options && durationSeconds(options.keep) * 1_000

/** Mistakes in the options of `softDelete`. */
export function* checkSoftDelete({ softDelete, access, schema }: ResourceDefinition): Generator<string> {
  if (softDelete === undefined) return
  yield* checkKeep(softDelete.keep)
  if ((access.delete ?? access.write)?.kind === 'never') {
    yield 'softDelete has no use where nobody may delete: open access.delete or remove it'
  }
  const named = softDelete.restore === undefined ? [] : [...partsOf(softDelete.restore)].flatMap(fieldsOf)
  for (const field of new Set(named)) {
    if (Object.hasOwn(schema.properties, field)) continue
    yield `softDelete.restore names '${field}', which the schema does not have: add the field or remove it from the rule`
  }
}

function* checkKeep(keep: string): Generator<string> {
  try {
    const seconds = durationSeconds(keep)
    if (seconds < keepSecondsMin || seconds > keepSecondsMax)
      yield `softDelete.keep '${keep}': want 1d to 3650d`
  } catch (error) {
    yield `softDelete.keep: ${(error as Error).message}`
  }
}
