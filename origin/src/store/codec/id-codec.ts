import { type IdType, idPattern, jsonForms } from '@spillway/origin/contract'
import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb'

/** Converts ids between their form in paths (`idPattern`) and `_id`. */
export interface IdCodec {
  /** `undefined` for text that no id of the type has; each id has one text. */
  encode(id: string): unknown
  /** Reads an `_id` with its BSON type. `undefined` for one that has no text: it is of another type, or too long. */
  decode(value: unknown): string | undefined
  /** Condition that an `_id` has the type. Documents with other ids are in no list. */
  readonly isOfType: Readonly<Record<string, unknown>>
  /** Whether every `_id` for which `isOfType` holds has a text. */
  readonly isExact: boolean
  /** The id of a new document. @param uuid random, or derived from an Idempotency-Key */
  make(uuid: string): string
}

const uuidSubtype = 4
const binary = (hex: string): Binary => new Binary(Buffer.from(hex, 'hex'), uuidSubtype)

const objectIds: IdCodec = {
  encode: (id) => (jsonForms['object-id'].isValid(id) ? ObjectId.createFromHexString(id) : undefined),
  decode: (value) => (value instanceof ObjectId ? value.toHexString() : undefined),
  isOfType: { $gte: ObjectId.createFromHexString('0'.repeat(24)) },
  isExact: true,
  make: (uuid) => uuid.replaceAll('-', '').slice(0, 24),
}

const uuids: IdCodec = {
  encode: (id) => (jsonForms.uuid.isValid(id) ? binary(id.replaceAll('-', '')) : undefined),
  decode: (value) =>
    value instanceof Binary && value.sub_type === uuidSubtype && value.length() === 16
      ? value.toUUID().toString()
      : undefined,
  // Binary values are ordered by length, subtype, then bytes: these are the first and the last UUID.
  isOfType: { $gte: binary('00'.repeat(16)), $lte: binary('ff'.repeat(16)) },
  isExact: true,
  make: (uuid) => uuid,
}

const integers: IdCodec = {
  encode(id) {
    if (!/^(0|-?[1-9]\d{0,15})$/.test(id)) return undefined
    const number = Number(id)
    if (!Number.isSafeInteger(number)) return undefined
    return number === (number | 0) ? new Int32(number) : Long.fromNumber(number)
  },
  decode(value) {
    const number = exactNumber(value)
    // Adds 0, because -0 equals 0 for the database and has another text.
    return Number.isSafeInteger(number) ? String(number + 0) : undefined
  },
  isOfType: {
    $gte: Long.fromNumber(Number.MIN_SAFE_INTEGER),
    $lte: Long.fromNumber(Number.MAX_SAFE_INTEGER),
  },
  // No operator that all databases have tells fractions.
  isExact: false,
  make() {
    throw new TypeError('ids of type integer are not generated: set the id of a new document')
  },
}

/** A number of BSON, since an integer may be stored in any type of number; `NaN` for others. */
function exactNumber(value: unknown): number {
  if (value instanceof Int32 || value instanceof Double) return value.value
  if (Long.isLong(value)) return value.toNumber()
  // As a double, a decimal would lose a small fraction, and be taken for its neighbour.
  const isWhole = value instanceof Decimal128 && /^-?\d+(\.0+)?(E\+\d+)?$/.test(value.toString())
  return isWhole ? Number(value.toString()) : Number.NaN
}

/** Marks a text that is encoded: it has characters that a path cannot have, or begins like this. */
const mark = 'b64-'

const texts: IdCodec = {
  encode(id) {
    if (!id.startsWith(mark)) return idPattern.test(id) ? id : undefined
    const text = Buffer.from(id.slice(mark.length), 'base64url').toString()
    // Several texts would decode to one id otherwise.
    return text !== '' && textOf(text) === id ? text : undefined
  },
  decode(value) {
    const id = typeof value === 'string' ? textOf(value) : ''
    return idPattern.test(id) ? id : undefined
  },
  isOfType: { $gt: '' },
  // The length of a text in bytes is not to be compared.
  isExact: false,
  make: (uuid) => uuid,
}

const textOf = (text: string): string =>
  idPattern.test(text) && !text.startsWith(mark) ? text : `${mark}${Buffer.from(text).toString('base64url')}`

export const idCodecs: Readonly<Record<IdType, IdCodec>> = {
  objectId: objectIds,
  uuid: uuids,
  integer: integers,
  text: texts,
}
