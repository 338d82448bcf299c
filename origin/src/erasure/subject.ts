import type { Fields, Resource } from '@spillway/origin/contract'

/** A person who is to be forgotten, and the name that takes their place. */
export interface Erased {
  /** Subject of their tokens. */
  readonly subject: string
  readonly pseudonym: string
}

/** Whether a stored value is the subject, or an array with it. */
export const names = (value: unknown, subject: string): boolean =>
  value === subject || (Array.isArray(value) && value.includes(subject))

/** The fields among these that name the subject. */
export const fieldsNaming = (
  fields: Fields | undefined,
  among: readonly string[],
  subject: string,
): readonly string[] => (fields === undefined ? [] : among.filter((name) => names(fields[name], subject)))

/** The fields with the pseudonym in place of the subject; the same object if none of them names the subject. */
export function pseudonymized(
  fields: Fields,
  among: readonly string[],
  { subject, pseudonym }: Erased,
): Fields {
  const naming = fieldsNaming(fields, among, subject)
  if (naming.length === 0) return fields
  const replaced = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((one) => (one === subject ? pseudonym : one)) : pseudonym
  return { ...fields, ...Object.fromEntries(naming.map((name) => [name, replaced(fields[name])])) }
}

/** Fields of a resource that may name a subject. */
export const declaredFields = ({ erasure, subjectFields }: Resource): readonly string[] => [
  ...new Set([...subjectFields, ...Object.keys(erasure)]),
]
