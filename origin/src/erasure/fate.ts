import { type Fields, isKept, type Resource } from '@spillway/origin/contract'
import { type Erased, fieldsNaming, pseudonymized } from './subject.ts'

/** Fate of the values of a document, by the fields in which it names a subject. */
export type Fate =
  | { readonly kind: 'delete' }
  | {
      readonly kind: 'blank'
      /** Fields with the subject, which get the pseudonym. */
      readonly naming: readonly string[]
      readonly set: Fields
      readonly remove: readonly string[]
    }
  | { readonly kind: 'keep' }
  | { readonly kind: 'none' }

type Ruled = Pick<Resource, 'erasure'>

/** @param states of one document: it is deleted if one of them names the subject in a field whose documents are */
export function fateOfDocument(
  { erasure }: Ruled,
  states: readonly (Fields | undefined)[],
  subject: string,
): Fate {
  const declared = Object.keys(erasure)
  const naming = [...new Set(states.flatMap((fields) => fieldsNaming(fields, declared, subject)))]
  const fates = naming.flatMap((field) => erasure[field] ?? [])
  if (fates.includes('delete')) return { kind: 'delete' }
  const blanking = naming.filter((field) => {
    const fate = erasure[field]
    return fate !== undefined && fate !== 'delete' && !isKept(fate)
  })
  if (blanking.length === 0) return { kind: naming.length > 0 ? 'keep' : 'none' }
  const blanks = fates.flatMap((fate) => (fate === 'delete' || isKept(fate) ? [] : [fate]))
  return {
    kind: 'blank',
    naming: blanking,
    set: Object.assign({}, ...blanks.map(({ set }) => set ?? {})),
    remove: blanks.flatMap(({ remove }) => remove ?? []),
  }
}

/** The fields of a document whose values a fate blanks. */
export function blanked(fields: Fields, fate: Extract<Fate, { kind: 'blank' }>, erased: Erased): Fields {
  const named = pseudonymized(fields, fate.naming, erased)
  return without({ ...named, ...fate.set }, fate.remove)
}

/** Part of a document's values, such as those that a write changed, without what a fate blanks. */
export function strippedPart(fields: Fields, fate: Extract<Fate, { kind: 'blank' }>, erased: Erased): Fields {
  return without(pseudonymized(fields, fate.naming, erased), [...Object.keys(fate.set), ...fate.remove])
}

const without = (fields: Fields, left: readonly string[]): Fields =>
  left.length === 0
    ? fields
    : Object.fromEntries(Object.entries(fields).filter(([name]) => !left.includes(name)))
