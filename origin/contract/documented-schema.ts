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

function describeValue(schema: Json): Json {
  const { type, format } = schema
  const isText = type === 'string' && schema.pattern === undefined && schema.const === undefined
  if (isText && format === 'date-time') return { ...schema, pattern: timePattern }
  if (isText && typeof format === 'string' && isJsonForm(format)) {
    return { ...schema, pattern: jsonForms[format].pattern }
  }
  if (isText && format === undefined) return { ...schema, pattern: withoutNul }
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
