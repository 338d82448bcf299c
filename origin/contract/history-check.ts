import { checkParts } from './access/check.ts'
import type { ResourceDefinition } from './definition.ts'
import { checkDuration } from './duration.ts'

/** Mistakes in the options of `history`, each with its fix. */
export function* checkHistory(definition: ResourceDefinition): Generator<string> {
  const { history, stored, schema } = definition
  if (history === undefined) return
  if (stored !== undefined) {
    yield 'history is fed from the documents, and stored describes documents that others write as well, unseen: remove one of them'
  }
  yield* checkDuration('history.keep', history.keep, ['1d', '3650d'])
  for (const mistake of checkParts('read', history.read, definition))
    yield mistake.replace('access.read', 'history.read')
  if (history.read.kind === 'never') yield 'history.read is never: name who reads it, or remove history'
  for (const field of history.except ?? []) {
    if (!Object.hasOwn(schema.properties, field))
      yield `history.except names '${field}', which the schema does not have: add the field or remove it`
  }
}
