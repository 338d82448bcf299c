import { nearest } from './nearest-name.ts'

/** String formats that the validator supports, as ajv-formats defines them in full mode. */
export const textFormats = [
  'date',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'iso-date-time',
  'iso-time',
  'json-pointer',
  'regex',
  'relative-json-pointer',
  'time',
  'uri',
  'uri-reference',
  'uri-template',
  'uuid',
  'decimal',
  'int64',
  'object-id',
] as const

/**
 * Keywords of JSON Schema draft-07, the validator's dialect. Others are refused, because a misspelt keyword checks
 * nothing.
 */
const keywords: readonly string[] = [
  ...['$id', '$schema', '$ref', '$comment', 'definitions', 'title', 'description', 'default', 'examples'],
  ...['deprecated', 'readOnly', 'writeOnly', 'type', 'enum', 'const', 'format', 'pattern', 'minLength'],
  ...['maxLength', 'contentEncoding', 'contentMediaType', 'minimum', 'maximum', 'exclusiveMinimum'],
  ...[
    'exclusiveMaximum',
    'multipleOf',
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
  ],
  ...[
    'propertyNames',
    'minProperties',
    'maxProperties',
    'dependencies',
    'items',
    'additionalItems',
    'minItems',
  ],
  ...['maxItems', 'uniqueItems', 'contains', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
]

/**
 * Finds keywords that the validator cannot compile. The validator's own errors name neither resource nor field, and
 * only the origin runs it: the edge would route to a resource that no origin serves.
 *
 * @returns mistakes, each with its fix
 */
export function* checkSchema(schema: unknown, place: string): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return
  // The cast is safe: both members are checked before use.
  const { pattern, format } = schema as { pattern?: unknown; format?: unknown }
  if (typeof pattern === 'string') yield* checkPattern(pattern, place)
  if (typeof format === 'string' && !textFormats.some((one) => one === format)) {
    const near = nearest(format, textFormats)
    const fix =
      near === undefined ? `use pattern, or one of ${textFormats.join(', ')}` : `did you mean '${near}'?`
    yield `${place}: format '${format}' is unknown: ${fix}`
  }
  for (const [keyword, part] of Object.entries(schema)) {
    if (!keywords.includes(keyword)) {
      const near = nearest(keyword, keywords)
      const fix = near === undefined ? 'remove it' : `did you mean '${near}'?`
      yield `${place}: keyword '${keyword}' is unknown: ${fix}`
    } else if (namedSchemas.has(keyword)) {
      for (const [name, named] of Object.entries(part)) yield* checkSchema(named, `${place}.${name}`)
    } else if (Array.isArray(part) && !valueKeywords.has(keyword)) {
      for (const [index, each] of part.entries()) yield* checkSchema(each, `${place}.${keyword}[${index}]`)
    } else if (!valueKeywords.has(keyword)) yield* checkSchema(part, `${place}.${keyword}`)
  }
}

/** Keywords that contain schemas by name. */
const namedSchemas: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'definitions',
  'dependencies',
])

/** Keywords that contain values instead of schemas. */
const valueKeywords: ReadonlySet<string> = new Set(['default', 'examples', 'const', 'enum'])

function* checkPattern(pattern: string, place: string): Generator<string> {
  try {
    new RegExp(pattern, 'u')
  } catch (error) {
    // The cast is safe: the constructor throws a SyntaxError.
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, '')
    yield `${place}: pattern is not a regular expression with the flag u (${reason}): correct it`
  }
}
