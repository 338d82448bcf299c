import { fieldsOf, partsOf } from './access.ts'
import type { ResourceDefinition, SoftDeleteOptions } from './definition.ts'
import { checkDuration, durationSeconds } from './duration.ts'

/** At least a day, because the record also keeps the answer to a create with an Idempotency-Key that long. */
const keepRange = ['1d', '3650d'] as const

/** Retention of deleted documents, in ms; `undefined` if deletions are final. */
export const keptDeletedMs = (options: SoftDeleteOptions | undefined): number | undefined =>
  options && durationSeconds(options.keep) * 1_000

/** Mistakes in the options of `softDelete`. */
export function* checkSoftDelete({ softDelete, access, schema }: ResourceDefinition): Generator<string> {
  if (softDelete === undefined) return
  yield* checkDuration('softDelete.keep', softDelete.keep, keepRange)
  if ((access.delete ?? access.write)?.kind === 'never') {
    yield 'softDelete has no use where nobody may delete: open access.delete or remove it'
  }
  const named = softDelete.restore === undefined ? [] : [...partsOf(softDelete.restore)].flatMap(fieldsOf)
  for (const field of new Set(named)) {
    if (Object.hasOwn(schema.properties, field)) continue
    yield `softDelete.restore names '${field}', which the schema does not have: add the field or remove it from the rule`
  }
}
