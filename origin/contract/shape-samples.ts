import type { Fields } from './definition.ts'
import type { Keywords } from './keywords.ts'

/**
 * Sample documents for a stored schema, the same on every machine. The results of a representation on them distinguish
 * definitions whose text cannot be compared: a function's text does not contain its helpers, and a minified bundle
 * changes the text. Samples need not be valid: patterns are ignored.
 */
export function sampleDocuments(schema: object): readonly Fields[] {
  const { properties = {}, required = [] }: Keywords = schema
  const samples = Object.entries(properties).map(([name, field]) => [name, sampleValues(field)] as const)
  return Array.from({ length: samplesCount }, (_, index) => {
    const document: Record<string, unknown> = {}
    for (const [position, [name, values]] of samples.entries()) {
      // Omits each optional field from every fourth document, with an offset per field.
      if (!required.includes(name) && (index + position) % 4 === 3) continue
      document[name] = values[(index + position) % values.length]
    }
    return document
  })
}

/** More than the length of any list below, so that each value occurs in some document. */
const samplesCount = 24
const valuesMax = 12

function sampleValues(schema: object): readonly unknown[] {
  const { type, enum: choices, anyOf, const: only, items, minimum, maximum }: Keywords = schema
  if (only !== undefined) return [only]
  if (choices !== undefined) return choices.slice(0, valuesMax)
  if (anyOf !== undefined) return anyOf.flatMap(sampleValues).slice(0, valuesMax)
  switch (type) {
    case 'boolean':
      return [false, true]
    case 'integer':
      return [...new Set([minimum ?? -7, 1, 60_000, 7_654_321, maximum ?? 1e9])]
    case 'number':
      return [...new Set([minimum ?? -7.25, 0, 1.5, 60_000.75, maximum ?? 1e9])]
    case 'string':
      return sampleTexts(schema)
    case 'array':
      if (Array.isArray(items)) return sampleTuples(items)
      return items === undefined ? [[]] : [[], sampleValues(items).slice(0, 1), sampleValues(items)]
    case 'object':
      return sampleDocuments(schema).slice(0, 4)
    default:
      return ['text', 7, null]
  }
}

/** Tuples that hold every value of each item. */
function sampleTuples(items: readonly object[]): readonly unknown[] {
  const values = items.map(sampleValues)
  const count = Math.max(0, ...values.map(({ length }) => length))
  return Array.from({ length: count }, (_, index) => values.map((some) => some[index % some.length]))
}

function sampleTexts({ format, maxLength = 40 }: Keywords): readonly string[] {
  switch (format) {
    case 'date-time':
      return ['1999-12-31T23:59:59.999Z', '2026-02-03T04:05:06.007Z']
    case 'date':
      return ['1999-12-31', '2026-02-03']
    case 'uuid':
      return ['00000000-0000-4000-8000-000000000000', 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6']
    case 'email':
      return ['a@example.com', 'Some.One+tag@mail.example.org']
    default:
      return ['FR', 'a b', '', ' Ünïcode, 42% <&"\'> ', 'München', '0123456789'.repeat(4)].map((text) =>
        text.slice(0, maxLength),
      )
  }
}
