import type { TObject } from 'typebox'
import type { FieldAccess, FieldRules } from './access.ts'
import type { Fields, Representation, ResourceDefinition } from './definition.ts'
import { isReadOnly, requiredOf } from './keywords.ts'
import { sampleDocuments } from './shape-samples.ts'
import { storedPath } from './stored-path.ts'
import type { WriteRules } from './write-rules.ts'

/**
 * Fields that a version requires and a body may yet leave out: those that `set` computes, and those that some callers may
 * not write, whose value stays or comes from `set` or the version. The stored schema requires them too, so that a document
 * that lacks one in the end is refused.
 */
export interface Given {
  /** The stored schema. */
  readonly schema: TObject
  readonly set: object
  readonly fields: FieldRules
}

export const givenBy = ({
  schema,
  rules,
  fieldAccess,
}: {
  readonly schema: TObject
  readonly rules: Pick<WriteRules, 'set'>
  readonly fieldAccess: FieldAccess
}): Given => ({
  schema,
  set: rules.set,
  fields: fieldAccess.rules,
})

/** Whether `set` computes the stored field of a version's field. */
export const isComputed = ({ set }: Given, view: Representation, name: string): boolean =>
  Object.hasOwn(set, storedPath(view, name) ?? '')

export function mayLeaveOut(given: Given, view: Representation, name: string): boolean {
  const field = storedPath(view, name)
  if (field === undefined || !requiredOf(given.schema).includes(field)) return false
  const { write } = given.fields[field] ?? {}
  return isComputed(given, view, name) || (write !== undefined && write.kind !== 'anyone')
}

/** A version whose code takes such a field for granted. */
export function* checkLeftOut({ schema, set = {}, access, versions }: ResourceDefinition): Generator<string> {
  const given = { schema, set, fields: access.fields ?? {} }
  for (const view of versions) {
    for (const name of requiredOf(view.schema)) {
      const shown = view.schema.properties[name]
      if (shown === undefined || isReadOnly(shown) || !mayLeaveOut(given, view, name)) continue
      const fails = sampleDocuments(view.schema).some(
        (input) => runs(view, input) && !runs(view, without(input, name)),
      )
      if (fails) {
        yield `versions.${view.version}.toStored fails where '${name}' is not sent, which set computes or some callers may not write: let it take a body without the field`
      }
    }
  }
}

function runs({ toStored }: Representation, input: Fields): boolean {
  try {
    toStored(structuredClone(input), undefined)
    return true
  } catch {
    return false
  }
}

const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name))
