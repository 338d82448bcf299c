import { samplePattern } from '../sample-pattern.ts'
import type { Json } from './json.ts'

/**
 * An example of a schema: its first `examples`, its `default`, or a value that its keywords describe, always the same.
 *
 * @param name of the field, whose words are the example of a text
 * @returns `undefined` if no valid value follows from the keywords
 */
export function exampleOf(schema: Json, name = 'text'): unknown {
  // The cast is safe: the schema is valid JSON Schema, whose keywords have these types.
  const keywords = schema as Keywords
  const { examples, default: usual, const: only, enum: choices, anyOf, oneOf, type } = keywords
  const given = examples?.[0] ?? usual ?? only ?? choices?.[0]
  if (given !== undefined) return given
  if (undecided.some((keyword) => keyword in schema)) return undefined
  const alternatives = anyOf ?? oneOf
  if (alternatives !== undefined) return firstOf(alternatives.map((one) => exampleOf(one, name)))
  return type === undefined ? undefined : byType[type]?.(keywords, name)
}

/** Keywords that restrict a value in ways that no example is derived from. */
const undecided = ['$ref', 'allOf', 'not', 'if', 'contains', 'dependencies', 'propertyNames', 'minProperties']

const byType: Readonly<Record<string, (schema: Keywords, name: string) => unknown>> = {
  boolean: () => true,
  null: () => null,
  integer: numberExample,
  number: numberExample,
  string: textExample,
  array: arrayExample,
  object: objectExample,
}

const firstOf = (values: readonly unknown[]): unknown => values.find((value) => value !== undefined)

function numberExample({
  minimum,
  maximum,
  exclusiveMinimum,
  exclusiveMaximum,
  multipleOf,
}: Keywords): unknown {
  const steps = multipleOf ?? 1
  return [
    1,
    0,
    steps,
    minimum,
    maximum,
    (exclusiveMinimum ?? 0) + steps,
    (exclusiveMaximum ?? 0) - steps,
  ].find(
    (value) =>
      value !== undefined &&
      value >= (minimum ?? value) &&
      value <= (maximum ?? value) &&
      (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
      (exclusiveMaximum === undefined || value < exclusiveMaximum) &&
      value % steps === 0,
  )
}

/** One text for each format that definitions may name. */
const byFormat: Readonly<Record<string, string>> = {
  date: '2027-05-01',
  'date-time': '2027-05-01T09:30:00.000Z',
  'iso-date-time': '2027-05-01T09:30:00Z',
  time: '09:30:00Z',
  'iso-time': '09:30:00Z',
  duration: 'PT1H',
  email: 'someone@example.com',
  hostname: 'www.example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://www.example.com/',
  'uri-reference': '/somewhere',
  'uri-template': '/somewhere/{id}',
  uuid: '0f8fad5b-d9cb-469f-a165-70867728950e',
  'json-pointer': '/items/0',
  'relative-json-pointer': '1/items',
  regex: '^a+$',
  'object-id': '507f1f77bcf86cd799439011',
  decimal: '12.50',
  int64: '42',
}

function textExample({ format, pattern, minLength = 0, maxLength = 200 }: Keywords, name: string): unknown {
  const words = inWords(name).padEnd(minLength, '.').slice(0, maxLength)
  const choices = [format === undefined ? words : byFormat[format], patternExample(pattern)]
  return choices.find(
    (text) =>
      text !== undefined &&
      text.length >= minLength &&
      text.length <= maxLength &&
      (pattern === undefined || new RegExp(pattern, 'u').test(text)),
  )
}

/** `placeIds` → `Place ids` */
const inWords = (name: string): string => {
  const words = name.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

function patternExample(pattern = ''): string | undefined {
  // Lehmer's generator: varied characters, and the same ones each time.
  let state = 7
  const random = () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
  try {
    return samplePattern(pattern, random)
  } catch {
    return undefined
  }
}

function arrayExample(
  { items, prefixItems, minItems = 0, maxItems = Infinity }: Keywords,
  name: string,
): unknown {
  const wanted = prefixItems ?? Array.from({ length: Math.max(minItems, Math.min(1, maxItems)) }, () => items)
  const values = wanted.map((item) => exampleOf(item ?? {}, name))
  if (values.includes(undefined)) return minItems === 0 ? [] : undefined
  // Equal items might break `uniqueItems`.
  return prefixItems === undefined && values.length > 1 ? undefined : values
}

function objectExample({ properties = {}, required = [] }: Keywords): unknown {
  const members = Object.entries(properties)
    .map(([name, field]) => [name, exampleOf(field, name)] as const)
    .filter(([, value]) => value !== undefined)
  const names = new Set(members.map(([name]) => name))
  return required.every((name) => names.has(name)) ? Object.fromEntries(members) : undefined
}

/** Keywords of JSON Schema 2020-12 that examples depend on. */
interface Keywords {
  readonly type?: string
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Json[]
  readonly oneOf?: readonly Json[]
  readonly items?: Json
  readonly prefixItems?: readonly Json[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
}
