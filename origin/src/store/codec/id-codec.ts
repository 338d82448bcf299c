import { type IdType, idPattern, jsonForms } from '@spillway/origin/contract'
import { Binary, Int32, Long, ObjectId } from 'mongodb'

/** Converts ids between their form in paths (`idPattern`) and `_id`. */
export interface IdCodec {
  /** `undefined` for text that no id of the type has; each id has one text. */
  encode(id: string): unknown
  /** @throws {TypeError} if the id has no text: it is of another type, or too long */
  decode(value: unknown): string
  /** Condition that an `_id` has the type. Documents with other ids are in no list. */
  readonly isOfType: Readonly<Record<string, unknown>>
  /** The id of a new document. @param uuid random, or derived from an Idempotency-Key */
  make(uuid: string): string
}

const uuidSubtype = 4
const binary = (hex: string): Binary => new Binary(Buffer.from(hex, 'hex'), uuidSubtype)

const noText = (value: unknown): TypeError =>
  new TypeError(`the _id ${String(value).slice(0, 80)} has no form in a path: see stored.id`)

const objectIds: IdCodec = {
  encode: (id) => (jsonForms['object-id'].isValid(id) ? ObjectId.createFromHexString(id) : undefined),
  decode(value) {
    if (value instanceof ObjectId) return value.toHexString()
    throw noText(value)
  },
  isOfType: { $gte: ObjectId.createFromHexString('0'.repeat(24)) },
  make: (uuid) => uuid.replaceAll('-', '').slice(0, 24),
}

const uuids: IdCodec = {
  encode: (id) => (jsonForms.uuid.isValid(id) ? binary(id.replaceAll('-', '')) : undefined),
  decode(value) {
    if (value instanceof Binary && value.sub_type === uuidSubtype && value.length() === 16) {
      return value.toUUID().toString()
    }
    throw noText(value)
  },
  // Binary values are ordered by length, subtype, then bytes: these are the first and the last UUID.
  isOfType: { $gte: binary('00'.repeat(16)), $lte: binary('ff'.repeat(16)) },
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
    // Numbers of BSON: an integer may be stored as a double.
    const number = typeof value === 'object' && value !== null ? Number(value.toString()) : Number.NaN
    if (Number.isSafeInteger(number)) return String(number)
    throw noText(value)
  },
  isOfType: {
    $gte: Long.fromNumber(Number.MIN_SAFE_INTEGER),
    $lte: Long.fromNumber(Number.MAX_SAFE_INTEGER),
  },
  make() {
    throw new TypeError('ids of type integer are made by nobody: name the id of a new document')
  },
}

/** Marks a text that is encoded: it has characters that a path cannot have, or begins like this. */
const mark = 'b64-'

const texts: IdCodec = {
  encode(id) {
    if (!id.startsWith(mark)) return id
    const text = Buffer.from(id.slice(mark.length), 'base64url').toString()
    // Several texts would decode to one id otherwise.
    return text !== '' && textOf(text) === id ? text : undefined
  },
  decode(value) {
    const id = typeof value === 'string' ? textOf(value) : ''
    if (idPattern.test(id)) return id
    throw noText(value)
  },
  isOfType: { $gt: '' },
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
