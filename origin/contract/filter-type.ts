import type { TSchema } from 'typebox'
import { losesDigits } from './exact-number.ts'
import { type FormKind, isJsonForm, jsonForms } from './json-forms.ts'
import type { Keywords } from './keywords.ts'
import { schemaAt } from './path.ts'

/** Form in which the values of a field are written in a query string, compared and sorted. */
export type FilterType =
  | { readonly kind: 'string' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'number'; readonly integer: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'date-time' }
  | { readonly kind: FormKind }

/** A field that filters compare: its value, or the elements of its array. */
export interface Comparable {
  readonly type: FilterType
  readonly isArray: boolean
}

/** Comparison of a field with this schema; `undefined` if filters cannot compare it. */
export function comparableOf(schema: TSchema): Comparable | undefined {
  const { type: outer, items }: Keywords = schema
  const isArray = outer === 'array' && items !== undefined
  const type = filterTypeOf(isArray ? items : schema)
  return type && { type, isArray }
}

/** Comparison of the field at a path; `undefined` if it does not exist or cannot be compared. */
export function comparableAt(schema: TSchema, path: string): Comparable | undefined {
  const field = schemaAt(schema, path)
  return field && comparableOf(field)
}

/** Filter type of a schema; `undefined` for objects, arrays and unions, which cannot be compared. */
export function filterTypeOf(schema: TSchema): FilterType | undefined {
  const { type, format, enum: choices }: Keywords = schema
  if (choices?.every((choice) => typeof choice === 'string')) return { kind: 'choice', choices }
  if (type === 'string' && (format === 'date' || format === 'date-time')) return { kind: format }
  if (type === 'string' && format !== undefined && isJsonForm(format)) return { kind: format }
  if (type === 'string') return { kind: 'string' }
  if (type === 'integer' || type === 'number') return { kind: 'number', integer: type === 'integer' }
  return type === 'boolean' ? { kind: 'boolean' } : undefined
}

/** Whether values of a schema are free text, or ids, which a token's claim or another document may name. */
export const isTextOrId = (schema: TSchema): boolean =>
  ['string', 'object-id'].includes(filterTypeOf(schema)?.kind ?? '')

/** Describes a value of the type, for error messages. */
export function describeFilterType(type: FilterType): string {
  switch (type.kind) {
    case 'choice':
      return `one of ${type.choices.join(', ')}`
    case 'number':
      // A double turns larger integers into others (RFC 7493 §2.2).
      return type.integer ? 'an integer between -(2^53 - 1) and 2^53 - 1' : 'a number in double precision'
    case 'boolean':
      return 'true or false'
    case 'date':
      return 'a date such as 2026-11-24'
    case 'date-time':
      return 'a time to the millisecond, such as 2026-11-24T12:00:00.000Z'
    case 'string':
      return 'text'
    default:
      return jsonForms[type.kind].description
  }
}

/**
 * Parses a query parameter to the value as stored; `undefined` if the text does not have the type. The result is always
 * a string, finite number or boolean: no text can become a database operator.
 */
export function parseFilterValue(type: FilterType, text: string): string | number | boolean | undefined {
  switch (type.kind) {
    case 'string':
      return text
    case 'choice':
      return type.choices.includes(text) ? text : undefined
    case 'number': {
      if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) || losesDigits(text)) return undefined
      const value = Number(text)
      return type.integer && !Number.isSafeInteger(value) ? undefined : value
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'date':
      return isDate(text) ? text : undefined
    case 'date-time':
      return parseDateTime(text)
    default:
      return jsonForms[type.kind].isValid(text) ? text : undefined
  }
}

/** Whether {@link parseFilterValue} could return the value: only such values are valid in a cursor. */
export function isFilterValue(type: FilterType, value: unknown): value is string | number | boolean {
  if (typeof value === 'number') return type.kind === 'number' && Number.isFinite(value)
  if (typeof value === 'boolean') return type.kind === 'boolean'
  return typeof value === 'string' && parseFilterValue(type, value) === value
}

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && toIsoString(`${text}T00:00:00Z`)?.startsWith(text) === true

/**
 * Normalizes an RFC 3339 time to the stored form, in which text order is time order. Refuses times that this form
 * cannot express exactly: `Date.parse` would roll February 30th and hour 24 over to another day and drop digits beyond
 * a millisecond, an offset can lead to a year without four digits, and a leap second has no timestamp of its own (§5.6,
 * §5.7). Accepts lower-case `t` and `z` (§5.6).
 */
function parseDateTime(text: string): string | undefined {
  const [, date, hour] =
    /^(\d{4}-\d{2}-\d{2})T(\d{2}):\d{2}:\d{2}(?:\.\d{1,3}0{0,30})?(?:Z|[+-]\d{2}:\d{2})$/i.exec(text) ?? []
  if (date === undefined || hour === '24' || !isDate(date)) return undefined
  const time = toIsoString(text.toUpperCase())
  return time !== undefined && /^\d{4}-/.test(time) ? time : undefined
}

function toIsoString(text: string): string | undefined {
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
