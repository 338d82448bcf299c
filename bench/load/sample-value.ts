import { samplePattern } from '@spillway/origin/sample-pattern'
import type { Random } from './random.ts'

/** JSON Schema, as far as the contract's representations use it. */
export interface ValueSchema {
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: ValueSchema | readonly ValueSchema[]
  readonly properties?: Readonly<Record<string, ValueSchema>>
  readonly required?: readonly string[]
  readonly readOnly?: boolean
}

/**
 * A value that the schema accepts. Runs in k6 as well, so it depends on the language alone.
 *
 * @throws Error for a schema that it finds no value for
 */
export function sampleValue(schema: ValueSchema, random: Random): unknown {
  if (schema.enum !== undefined) return schema.enum[Math.floor(random() * schema.enum.length)]
  if (schema.const !== undefined) return schema.const
  switch (schema.type) {
    case 'string':
      return sampleText(schema, random)
    case 'integer':
      return Math.floor(between(schema, random))
    case 'number':
      return Math.round(between(schema, random) * 1e4) / 1e4
    case 'boolean':
      return random() < 0.5
    case 'array':
      return sampleArray(schema, random)
    case 'object':
      return sampleObject(schema, random)
    default:
      throw new Error(`no sample for a schema of type ${schema.type ?? 'none'}`)
  }
}

function sampleArray({ items = {}, minItems = 0 }: ValueSchema, random: Random): unknown[] {
  const schemas = 'length' in items ? items : Array.from({ length: minItems }, () => items)
  return schemas.map((item) => sampleValue(item, random))
}

function sampleObject({ properties = {}, required = [] }: ValueSchema, random: Random) {
  const wanted = Object.entries(properties).filter(
    ([name, field]) => required.includes(name) && !field.readOnly,
  )
  return Object.fromEntries(wanted.map(([name, field]) => [name, sampleValue(field, random)]))
}

/** Within the bounds; small numbers are more frequent than large ones, as in most data. */
function between({ minimum = 0, maximum = 1_000_000 }: ValueSchema, random: Random): number {
  return minimum + random() ** 2 * (maximum - minimum)
}

function sampleText({ format, pattern, minLength = 1 }: ValueSchema, random: Random): string {
  if (pattern !== undefined) return samplePattern(pattern, random)
  // From 2027 on, since some fields must not lie in the past.
  const time = new Date(Date.UTC(2027, 0, 1) + Math.floor(random() * 3 * 365) * 86_400_000).toISOString()
  if (format === 'date-time') return time
  if (format === 'date') return time.slice(0, 10)
  const words = `${word(random)} ${Math.floor(random() * 1e6)}`
  return words.padEnd(minLength, '.')
}

const syllables = ['al', 'bel', 'cor', 'dun', 'el', 'far', 'gran', 'hol', 'is', 'kar', 'lin', 'mor']

const word = (random: Random): string =>
  Array.from({ length: 3 }, () => syllables[Math.floor(random() * syllables.length)]).join('')
