import { type TString, Type } from 'typebox'

/**
 * JSON forms of values that JSON numbers and texts alone cannot hold exactly. They are formats of text; whether the
 * database has another type for them is a matter of the resource's `stored` ({@link ./stored-layout.ts}).
 */
export type JsonForm = 'object-id' | 'decimal' | 'int64'

/** Kinds of text with a form that filters check. Not every text of format `uuid` is one, but a stored UUID is. */
export type FormKind = JsonForm | 'uuid'

interface Form {
  /** The value in a sentence that begins with "Must be". */
  readonly description: string
  /** The form, for the OpenAPI document: as strict as a regular expression can be. */
  readonly pattern: string
  readonly isValid: (text: string) => boolean
}

export const jsonForms: Readonly<Record<FormKind, Form>> = {
  'object-id': byPattern('an ObjectId of 24 hexadecimal digits in lower case', '^[0-9a-f]{24}$'),
  decimal: {
    description: 'a decimal of at most 34 digits, such as "12.50"',
    pattern: '^-?(0|[1-9]\\d{0,33})(\\.\\d{1,34})?(E[+-]\\d{1,4})?$',
    isValid: isDecimal,
  },
  int64: {
    description: 'an integer between -2^63 and 2^63 - 1, such as "9007199254740993"',
    pattern: '^(0|-?[1-9]\\d{0,18})$',
    isValid: isInt64,
  },
  uuid: byPattern(
    'a UUID in lower case, such as f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
    '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
  ),
}

/** A form that its pattern describes completely. */
function byPattern(description: string, pattern: string): Form {
  const form = new RegExp(pattern)
  return { description, pattern, isValid: (text) => form.test(text) }
}

export const isJsonForm = (format: string): format is JsonForm =>
  format !== 'uuid' && Object.hasOwn(jsonForms, format)

type TextOptions = Readonly<Record<string, unknown>>

/** Id of a document as text: 24 hexadecimal digits in lower case (BSON ObjectId). */
export const objectId = (options: TextOptions = {}): TString =>
  Type.String({ ...options, format: 'object-id' })

/** A decimal number as text, so that no reader rounds it: at most 34 digits (IEEE 754-2008 decimal128). */
export const decimal = (options: TextOptions = {}): TString => Type.String({ ...options, format: 'decimal' })

/** A 64-bit integer as text, for values beyond 2^53 (RFC 7493 §2.2). */
export const int64 = (options: TextOptions = {}): TString => Type.String({ ...options, format: 'int64' })

/** The scale is kept as written: `1.50` and `1.5` are equal numbers and two texts. */
function isDecimal(text: string): boolean {
  const [, whole, fraction = '', exponent = '0'] =
    /^-?(0|[1-9]\d{0,33})(?:\.(\d{1,34}))?(?:E([+-]\d{1,4}))?$/.exec(text) ?? []
  if (whole === undefined) return false
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const scale = Number(exponent) - fraction.length
  // Bounds of the exponent of decimal128.
  return digits.length <= 34 && scale >= -6_176 && scale <= 6_111
}

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

function isInt64(text: string): boolean {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return false
  const value = BigInt(text)
  return value >= int64Min && value <= int64Max
}
