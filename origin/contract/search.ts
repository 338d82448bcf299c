import type { IndexDefinition, ResourceDefinition } from './definition.ts'
import { comparableAt } from './filter-type.ts'
import { isOfText } from './index-kind.ts'
import { limits } from './limits.ts'
import { fieldsIn } from './path.ts'
import { relevance } from './relevance.ts'

/**
 * `search=words`: documents that have at least one of the words in the fields of the resource's text index. Words are
 * letters and digits, so no text becomes an operator of the database's search language (`-word`, `"a phrase"`), which
 * differs between Amazon DocumentDB and MongoDB. DocumentDB has `$text` from engine 5.0 on, but not in elastic clusters
 * (developer guide, "Performing text search"; compat-tool of awslabs/amazon-documentdb-tools).
 */
export function parseSearch(text: string): readonly string[] | { readonly detail: string } {
  if (text.length > limits.filterValueLengthMax) {
    return { detail: `Too long: at most ${limits.filterValueLengthMax} characters.` }
  }
  const words = new Set(text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu))
  if (words.size === 0) return { detail: 'Must have at least one word.' }
  if (words.size > limits.searchWordsMax) {
    return { detail: `Too many words: at most ${limits.searchWordsMax}.` }
  }
  return [...words].sort()
}

/** Not allowed within `or`: a database searches its text index for a whole query. */
export const searchCondition = (words: readonly string[]): Readonly<Record<string, unknown>> => ({
  $text: { $search: words.join(' ') },
})

/** Whether lists of a resource accept `search`. */
export const isSearchable = ({ indexes }: { readonly indexes: readonly IndexDefinition[] }): boolean =>
  indexes.some(isOfText)

/** The parameter in the OpenAPI document. */
export const searchParameter = {
  name: 'search',
  in: 'query',
  description: `Words in any of the searched texts, of which at least one must be there: at most ${limits.searchWordsMax}.`,
  schema: { type: 'string', minLength: 1, maxLength: limits.filterValueLengthMax },
}

/** Mistakes in the text index of a resource, each with its fix. */
export function* checkTextIndex({ indexes = [], schema, query = {} }: ResourceDefinition): Generator<string> {
  const [index, second] = indexes.filter(isOfText)
  if (index === undefined) return
  if (second !== undefined) yield `indexes has two text indexes: a collection has one; name all texts in it`
  if (index.unique === true) yield `a text index cannot be unique: remove unique`
  for (const [field, kind] of Object.entries(index.fields)) {
    const comparable = comparableAt(schema, field)
    if (kind !== 'text') yield `a text index names '${field}' with ${kind}: use 'text' for each of its fields`
    else if (comparable !== undefined && comparable.type.kind !== 'string') {
      yield `a text index names '${field}', which is not a string: remove it`
    }
  }
  if (query.sort?.includes(relevance)) {
    yield `query.sort names '${relevance}', which is an order of lists that have a text index: rename the field`
  }
  if (Object.hasOwn(schema.properties, 'search')) {
    yield `'search' is a parameter of lists that have a text index: rename the field`
  }
  for (const [path] of fieldsIn(schema)) {
    if (path !== 'language' && !path.endsWith('.language')) continue
    yield `'${path}' would choose the language of the text index in each document: rename the field`
  }
}
