import { parseFilterValue, type StoredType } from '@spillway/origin/contract'
import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb'
import type { FieldCodec } from './field-codec.ts'

/** Codecs of single values. Reads keep the numeric types of BSON (`promoteValues: false`), so that writes can. */

type Decode = (value: unknown) => unknown
type Encode = (value: never, before: unknown) => unknown

const scalar = (decode: Decode, encode: Encode, least: unknown): FieldCodec => ({
  decode,
  // The cast: the schema has validated the value, and each encoder takes what its schema allows.
  encode: (value, before) => encode(value as never, before),
  hides: (value) => decode(value) === undefined,
  least,
})

/** A number that a double holds exactly; `undefined` for other values. */
function exactNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (value instanceof Int32 || value instanceof Double) return value.value
  if (!Long.isLong(value)) return undefined
  const number = value.toNumber()
  return Number.isSafeInteger(number) ? number : undefined
}

function exactInteger(value: unknown): number | undefined {
  const number = exactNumber(value)
  return Number.isSafeInteger(number) ? number : undefined
}

const isInt32 = (value: number): boolean => value === (value | 0)

/** An integer in the type of the value before, or the narrowest that holds it. */
function integerLike(value: number, before: unknown): unknown {
  if (before instanceof Double) return new Double(value)
  return Long.isLong(before) || !isInt32(value) ? Long.fromNumber(value) : new Int32(value)
}

export const text = scalar(
  (value) => (typeof value === 'string' ? value : undefined),
  (value: string) => value,
  '',
)

export const boolean = scalar(
  (value) => (typeof value === 'boolean' ? value : undefined),
  (value: boolean) => value,
  false,
)

export const integer = scalar(exactInteger, integerLike, new Double(Number.NEGATIVE_INFINITY))

export const number = scalar(
  (value) => {
    const exact = exactNumber(value)
    return Number.isFinite(exact) ? exact : undefined
  },
  (value: number, before) =>
    Number.isSafeInteger(value) && (before instanceof Int32 || Long.isLong(before))
      ? integerLike(value, before)
      : new Double(value),
  new Double(Number.NEGATIVE_INFINITY),
)

/** Codec of a declared BSON type. @param isDay whether its JSON form is a date without a time */
export function typed(
  type: StoredType,
  form: { readonly isDay: boolean; readonly isText: boolean },
): FieldCodec {
  switch (type) {
    case 'date':
      return form.isDay ? day : time
    case 'decimal':
      return decimal
    case 'long':
      return form.isText ? long : shortLong
    case 'objectId':
      return objectId
    case 'uuid':
      return uuid
  }
}

const timeOf = (value: unknown): string | undefined => {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined
  const iso = value.toISOString()
  // Other years have more digits, so their text has another order.
  return /^\d{4}-/.test(iso) ? iso : undefined
}

const earliest = new Date(-8.64e15)

const time = scalar(timeOf, (value: string) => new Date(value), earliest)

const day = scalar(
  (value) => {
    const iso = timeOf(value)
    return iso?.endsWith('T00:00:00.000Z') === true ? iso.slice(0, 10) : undefined
  },
  (value: string) => new Date(value),
  earliest,
)

const decimal = scalar(
  (value) => {
    // Not a double: no decimal equals most of them, so a filter by the shown value would not find it.
    const isExact = value instanceof Decimal128 || value instanceof Int32 || Long.isLong(value)
    return isExact ? parseFilterValue({ kind: 'decimal' }, String(value)) : undefined
  },
  (value: string) => Decimal128.fromString(value),
  Decimal128.fromString('-Infinity'),
)

const long = scalar(
  (value) => (Long.isLong(value) ? value.toString() : exactInteger(value)?.toString()),
  (value: string) => Long.fromString(value),
  Long.MIN_VALUE,
)

const shortLong = scalar(exactInteger, (value: number) => Long.fromNumber(value), Long.MIN_VALUE)

const objectId = scalar(
  (value) => (value instanceof ObjectId ? value.toHexString() : undefined),
  (value: string) => ObjectId.createFromHexString(value),
  new ObjectId('0'.repeat(24)),
)

const uuidSubtype = 4

const uuid = scalar(
  (value) =>
    value instanceof Binary && value.sub_type === uuidSubtype && value.length() === 16
      ? value.toUUID().toString()
      : undefined,
  (value: string) => new Binary(Buffer.from(value.replaceAll('-', ''), 'hex'), uuidSubtype),
  new Binary(Buffer.alloc(16), uuidSubtype),
)
