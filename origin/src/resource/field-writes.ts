import { isDeepStrictEqual } from 'node:util'
import {
  type FieldError,
  type Fields,
  type Principal,
  type Problem,
  storedPath,
} from '@spillway/origin/contract'
import { pointerToken } from '../http/validation-problem.ts'
import type { CompiledView } from './compiled-view.ts'

/** A write, for the rules of single fields. */
interface FieldWrite {
  /** Names in the body. */
  readonly sent: readonly string[]
  /** Stored fields with the body applied, without those that the server computes. */
  readonly drafted: Fields
  readonly current: Fields | undefined
}

/**
 * Refuses fields that the caller may not write. The current value may be repeated, as for read-only fields, but only by
 * callers who may read the field: otherwise the answer would tell whether a guess is right.
 */
export function refuseFieldWrites(
  compiled: CompiledView,
  { sent, drafted, current }: FieldWrite,
  principal: Principal | undefined,
): Problem | undefined {
  const { fieldAccess } = compiled.view.resource
  if (!fieldAccess.guardsSome) return undefined
  const errors: FieldError[] = []
  const hidden = fieldAccess.hiddenFrom(principal, current ?? drafted)
  for (const field of fieldAccess.protectedFrom(principal, current ?? drafted)) {
    const names = sent.filter((name) => storedPath(compiled.view.representation, name) === field)
    const [name] = names
    // The name has no stored field of its own, so the mistake concerns the whole body.
    const pointer = name === undefined ? '' : `/${pointerToken(name)}`
    if (current === undefined) {
      if (names.length > 0 || isMadeUnnamed(compiled, field, drafted, sent))
        errors.push({ pointer, detail: omit })
    } else if (names.length > 0 && hidden.includes(field)) errors.push({ pointer, detail: omit })
    else if (!isDeepStrictEqual(drafted[field], current[field])) {
      errors.push({ pointer, detail: hidden.includes(field) ? omit : omitOrRepeat })
    }
  }
  return errors.length === 0 ? undefined : fieldsRefused(errors)
}

/**
 * Whether a version may have derived a field of a new document from a name without a stored field. It could also be a
 * default: in doubt, it counts as the caller's.
 */
function isMadeUnnamed(
  { view }: CompiledView,
  field: string,
  drafted: Fields,
  sent: readonly string[],
): boolean {
  const { representation } = view
  if (drafted[field] === undefined) return false
  const isNamed = Object.keys(representation.schema.properties).some(
    (name) => storedPath(representation, name) === field,
  )
  return !isNamed && sent.some((name) => storedPath(representation, name) === undefined)
}

/**
 * Names of the version that a PUT may omit without removing the fields: those that the caller may not read or write.
 */
export function keptNames(
  { view }: CompiledView,
  current: Fields,
  principal: Principal | undefined,
): readonly string[] {
  const { fieldAccess } = view.resource
  if (!fieldAccess.guardsSome) return []
  const kept = new Set([
    ...fieldAccess.hiddenFrom(principal, current),
    ...fieldAccess.protectedFrom(principal, current),
  ])
  return Object.keys(view.representation.schema.properties).filter((name) =>
    kept.has(storedPath(view.representation, name) ?? ''),
  )
}

const fieldsRefused = (errors: readonly FieldError[]): Problem => ({
  code: 'insufficient-scope',
  detail:
    errors.length === 1
      ? 'The access rule of one field does not let you write it; see errors.'
      : `The access rules of ${errors.length} fields do not let you write them; see errors.`,
  errors,
})

const omit = 'You may not write this field: omit it.'
const omitOrRepeat = 'You may not write this field: omit it, or send its current value.'
