/** Converts the values of one field between its JSON form and BSON. */
export interface FieldCodec {
  /**
   * JSON form of a stored value; `undefined` for a misfit, which is a value of another type than the field's.
   *
   * @param value neither `null` nor `undefined`, unless `takesNull`
   * @param onMisfit called for misfits in parts of the value that can be left out
   */
  decode(value: unknown, path: string, onMisfit: OnMisfit): unknown
  /**
   * @param before the stored value that is replaced, whose types are kept where they fit; `undefined` for none
   * @throws {UnstorableError} if that would lose a part of `before` that the schema does not describe
   */
  encode(value: unknown, before: unknown, path: string): unknown
  /** Whether a stored value has a part that its JSON form does not show. */
  hides(value: unknown): boolean
  readonly takesNull?: boolean
  /** The least value of the stored type, for conditions that the field has one; absent for types without an order. */
  readonly least?: unknown
}

export type OnMisfit = (path: string, value: unknown) => void

/** A write that would lose what the schema does not describe, or cannot be stored beside it. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError'
  /** JSON Pointer of the field. */
  readonly pointer: string

  constructor(path: string, detail: string) {
    super(detail)
    this.pointer = `/${path.replaceAll('.', '/')}`
  }
}

/** A missing value and `null` are the same, except for fields whose schema has `null`. */
export const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

export type Members = Readonly<Record<string, unknown>>

/** Whether a BSON value is an embedded document. */
export const isDocument = (value: unknown): value is Members =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !('_bsontype' in value)
