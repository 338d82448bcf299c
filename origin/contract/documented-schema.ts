import { exactIntegers } from './exact-number.ts'
import { isJsonForm, jsonForms } from './json-forms.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * A schema as published, including the server's rules for all strings, times and numbers, so that the server accepts
 * everything that the documentation calls valid.
 */
export function documentedSchema(schema: Json): Json {
  const described = describeTuple(describeValue(schema))
  return { ...described, ...mapSchemas(described) }
}

/**
 * A tuple as OpenAPI has it. Definitions and the validator use draft-07, where `items` lists the schemas of a tuple; in
 * 2020-12 `prefixItems` does (§10.3.1.1). Its end is a `maxItems`: linters of OpenAPI know no `items` that is false.
 */
function describeTuple({ additionalItems, ...schema }: Json): Json {
  if (!Array.isArray(schema.items)) return schema
  const items = additionalItems ?? true
  const rest = items === false ? { items: {}, maxItems: schema.items.length } : { items }
  return { ...schema, prefixItems: schema.items, ...rest }
}

/** Strings without NUL: DocumentDB does not store it, and no query could match it. */
const withoutNul = '^[^\\u0000]*$'

/** RFC 3339 §5.6 with up to three decimals, and without leap seconds (§5.7). */
const timePattern =
  '^\\d{4}-\\d{2}-\\d{2}[Tt]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3}0*)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)$'

/**
 * Whether a pattern may match a text with NUL: unless it describes the whole text, in classes that name their characters.
 */
const mayMatchNul = (pattern: string): boolean =>
  !/^\^.*\$$/s.test(pattern) || /[.|]|\[\^|\\[WDSPBpucx0]/.test(pattern)

/** Said in words: JSON Schema (2020-12 §4.2.3) cannot tell 1e20 from the same number in digits. */
const numberRule =
  'Refused where a 64-bit float would hold another number: integers in digits beyond ±(2^53 − 1), 1e400, 1e-400.'

function isWithinExact({ minimum, maximum }: Json): boolean {
  return (
    typeof minimum === 'number' &&
    typeof maximum === 'number' &&
    minimum >= exactIntegers.minimum &&
    maximum <= exactIntegers.maximum
  )
}

function describeValue(schema: Json): Json {
  const { type, format, pattern, description } = schema
  const isText = type === 'string' && schema.pattern === undefined && schema.const === undefined
  if (isText && format === 'date-time') return { ...schema, pattern: timePattern }
  if (isText && typeof format === 'string' && isJsonForm(format)) {
    return { ...schema, pattern: jsonForms[format].pattern }
  }
  if (isText && format === undefined) return { ...schema, pattern: withoutNul }
  if (type === 'string' && typeof pattern === 'string' && mayMatchNul(pattern)) {
    return {
      ...schema,
      allOf: [...(Array.isArray(schema.allOf) ? schema.allOf : []), { pattern: withoutNul }],
    }
  }
  if (type === 'number' && schema.const === undefined && !isWithinExact(schema)) {
    return { ...schema, description: description === undefined ? numberRule : `${description} ${numberRule}` }
  }
  if (type !== 'integer') return schema
  return { ...exactIntegers, ...schema }
}

/** Keywords that contain schemas (JSON Schema 2020-12 §10), of those used in definitions. */
function mapSchemas(schema: Json): Json {
  const mapped: Record<string, unknown> = {}
  for (const keyword of ['items', 'additionalProperties', 'not']) {
    if (isObject(schema[keyword])) mapped[keyword] = documentedSchema(schema[keyword])
  }
  for (const keyword of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    const { [keyword]: list } = schema
    if (Array.isArray(list))
      mapped[keyword] = list.map((item) => (isObject(item) ? documentedSchema(item) : item))
  }
  for (const keyword of ['properties', 'patternProperties']) {
    const { [keyword]: named } = schema
    if (!isObject(named)) continue
    mapped[keyword] = Object.fromEntries(
      Object.entries(named).map(([name, item]) => [name, isObject(item) ? documentedSchema(item) : item]),
    )
  }
  return mapped
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
