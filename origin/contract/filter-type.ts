import type { TSchema } from 'typebox'
import { losesDigits } from './exact-number.ts'
import { schemaAt } from './path.ts'

/** How a field's values are written in a query string, compared and sorted. */
export type FilterType =
  | { readonly kind: 'string' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'number'; readonly integer: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'date-time' }

/** A field that filters compare: by its value, or by the elements of its array. */
export interface Comparable {
  readonly type: FilterType
  readonly isArray: boolean
}

/** How filters compare a field of a schema; `undefined` where they cannot. */
export function comparableOf(schema: TSchema): Comparable | undefined {
  const { type: outer, items } = schema as { type?: string; items?: TSchema }
  const isArray = outer === 'array' && items !== undefined
  const type = filterTypeOf(isArray ? items : schema)
  return type && { type, isArray }
}

/** How the field at a path is compared; `undefined` where it cannot be, or is not there. */
export function comparableAt(schema: TSchema, path: string): Comparable | undefined {
  const field = schemaAt(schema, path)
  return field && comparableOf(field)
}

/** Filter type of a schema, or `undefined` for objects, arrays and unions that cannot be compared. */
export function filterTypeOf(schema: TSchema): FilterType | undefined {
  const {
    type,
    format,
    enum: choices,
  } = schema as { type?: string; format?: string; enum?: readonly unknown[] }
  if (choices?.every((choice) => typeof choice === 'string')) return { kind: 'choice', choices }
  if (type === 'string' && (format === 'date' || format === 'date-time')) return { kind: format }
  if (type === 'string') return { kind: 'string' }
  if (type === 'integer' || type === 'number') return { kind: 'number', integer: type === 'integer' }
  return type === 'boolean' ? { kind: 'boolean' } : undefined
}

/** Description of a value of the type, for error messages. */
export function describeFilterType(type: FilterType): string {
  switch (type.kind) {
    case 'choice':
      return `one of ${type.choices.join(', ')}`
    case 'number':
      // A larger one comes out of a double as another (RFC 7493 §2.2).
      return type.integer ? 'an integer between -(2^53 - 1) and 2^53 - 1' : 'a number in double precision'
    case 'boolean':
      return 'true or false'
    case 'date':
      return 'a date such as 2026-11-24'
    case 'date-time':
      return 'a time to the millisecond, such as 2026-11-24T12:00:00.000Z'
    case 'string':
      return 'text'
  }
}

/**
 * Text of a query parameter → value as it is stored, or `undefined` where the text is not of the type.
 * The result is always a string, finite number or boolean: no text can become a database operator.
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
  }
}

/** Whether a value could have been made by {@link parseFilterValue}: what a cursor may carry. */
export function isFilterValue(type: FilterType, value: unknown): value is string | number | boolean {
  if (typeof value === 'number') return type.kind === 'number' && Number.isFinite(value)
  if (typeof value === 'boolean') return type.kind === 'boolean'
  return typeof value === 'string' && parseFilterValue(type, value) === value
}

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && toIsoString(`${text}T00:00:00Z`)?.startsWith(text) === true

/**
 * Any RFC 3339 time → the one form that is stored, so that text order is time order. Refused is what that form cannot
 * say, since nothing is to be stored, or asked for, that the caller did not say: `Date.parse` rolls February 30th and
 * the hour 24 over into another day and drops what is finer than a millisecond, an offset can leave the years of four
 * digits, and a leap second has no millisecond of its own (§5.6, §5.7). `t` and `z` are as good as `T` and `Z` (§5.6).
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
