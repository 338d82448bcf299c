import type { TSchema } from 'typebox'
import type { CursorValue } from './cursor.ts'
import { quote } from './filter.ts'
import { type FilterType, filterTypeOf } from './filter-type.ts'
import { requiredOf } from './keywords.ts'
import { limits } from './limits.ts'
import type { Query } from './named-query.ts'
import { parseValue } from './operators/one-value.ts'
import type { FieldError } from './problem.ts'
import { invalidQuery, type Parsed, sentParameters } from './query.ts'

/** Parsed parameters of a query: values by name, and their canonical text. */
export interface QueryParameters {
  readonly values: Readonly<Record<string, CursorValue>>
  readonly canonical: string
}

/**
 * Parses the query string of a named query, in time linear in its length. Equal parameters have equal text, with
 * defaults filled in. Only the origin checks bounds and patterns, so the edge needs no schema compiler for the cache
 * key.
 *
 * @param search the query string as sent, with or without `?`
 */
export function parseQueryParameters(
  { parameters }: Pick<Query, 'parameters'>,
  search: string,
): Parsed<QueryParameters> {
  const sent = sentParameters(search)
  if (!sent.ok) return sent
  const errors: FieldError[] = []
  const known = Object.entries(parameters.properties)
  const required = requiredOf(parameters)
  for (const name of sent.value.keys()) {
    if (Object.hasOwn(parameters.properties, name)) continue
    const supported = known.map(([one]) => one).join(', ') || 'none'
    errors.push({ parameter: quote(name), detail: `Unknown parameter. Supported: ${supported}.` })
  }
  const values: Record<string, CursorValue> = {}
  for (const [name, schema] of known.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const value = givenValue(schema, sent.value.get(name))
    if (typeof value === 'object') errors.push({ parameter: name, detail: value.detail })
    else if (value !== undefined) values[name] = value
    else if (required.includes(name)) errors.push({ parameter: name, detail: 'Required parameter.' })
  }
  const canonical = Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&')
  if (canonical.length > limits.listQueryLengthMax) {
    const detail = `Query too long: at most ${limits.listQueryLengthMax} characters in canonical form.`
    errors.push({ parameter: 'query', detail })
  }
  return errors.length > 0
    ? { ok: false, problem: invalidQuery(errors) }
    : { ok: true, value: { values, canonical } }
}

function givenValue(
  schema: TSchema,
  text: string | undefined,
): CursorValue | undefined | { readonly detail: string } {
  // The casts are safe: a definition with other parameters, or a default of another type, is refused.
  const { default: fallback } = schema as { default?: CursorValue }
  return text === undefined ? fallback : parseValue(filterTypeOf(schema) as FilterType, text)
}
