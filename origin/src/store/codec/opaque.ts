import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb'
import { type FieldCodec, isDocument, UnstorableError } from './field-codec.ts'

/**
 * Codec of a field whose schema does not say what is in it, such as an object with any members. Its JSON form is made
 * from the types that are found. A value that has types other than those of JSON is shown, but cannot be changed:
 * nothing would tell which text is to become a date again.
 */
export const opaque: FieldCodec = {
  decode: shown,
  encode(value, before, path) {
    if (before === undefined || isPlain(before)) return value
    throw new UnstorableError(
      path,
      'The stored value has types that the schema does not describe, and a change would lose them: leave it as it is.',
    )
  },
  hides: (value) => !isPlain(value),
  takesNull: true,
}

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shown(item) ?? null)
  if (isDocument(value)) {
    const members = Object.entries(value).map(([name, member]) => [name, shown(member)])
    return Object.fromEntries(members.filter(([, member]) => member !== undefined))
  }
  if (value instanceof Int32 || value instanceof Double) return finite(value.value)
  if (Long.isLong(value)) {
    const number = value.toNumber()
    return Number.isSafeInteger(number) ? number : value.toString()
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (value instanceof ObjectId || value instanceof Decimal128) return value.toString()
  if (value instanceof Binary)
    return value.sub_type === 4 ? value.toUUID().toString() : value.toString('base64')
  return typeof value === 'object' && value !== null ? undefined : value
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined)

/** Whether a value has the types of JSON alone, so that its JSON form is all there is to it. */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain)
  if (isDocument(value)) return Object.values(value).every(isPlain)
  if (value instanceof Int32 || value instanceof Double) return Number.isFinite(value.value)
  return value === null || ['string', 'boolean', 'number'].includes(typeof value)
}
