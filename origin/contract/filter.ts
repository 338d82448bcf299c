import type { View } from './catalogue.ts'
import { limits } from './limits.ts'
import { oncePerView } from './once-per-view.ts'
import { type Filter, type FilterOperator, operators, operatorsOf, parameterOf } from './operators/index.ts'
import { queryFields } from './query-fields.ts'
import { formatListText, parseTextList, textListRule } from './text-list.ts'

/** A filter and its canonical text: the parameter's name and the values, not yet escaped. */
export interface ParsedFilter {
  readonly filter: Filter
  readonly name: string
  readonly texts: readonly string[]
}

interface Mistake {
  readonly detail: string
}

/**
 * Parses `field=value` or `field[operator]=value`.
 *
 * @param others names of parameters that are not fields, for the message about an unknown one
 */
export function parseFilter(
  view: View,
  [parameter, text]: readonly [string, string],
  others: Iterable<string>,
): ParsedFilter | Mistake {
  const [, name = parameter, operatorText] = /^([^[\]]*)\[([^[\]]*)\]$/.exec(parameter) ?? []
  const fields = filteredFields(view)
  const found = fields.get(name)
  if (found === undefined) {
    return { detail: `Unknown parameter. Supported: ${[...fields.keys(), ...others].join(', ')}.` }
  }
  const { field, words } = found
  // The cast is safe: an unknown word is not among the field's operators.
  const operator = (operatorText ?? 'eq') as FilterOperator
  if (operatorText === 'eq' || !words.includes(operator)) {
    const known = words.map((word) => parameterOf(name, word)).join(', ')
    return { detail: `Unknown operator. Supported: ${known}.` }
  }
  const operand = operators[operator].parse(field.type, text)
  if ('detail' in operand) return operand
  const { value, texts } = operand
  return { filter: { path: field.path, operator, value }, name: parameterOf(name, operator), texts }
}

/** Fields that filters compare, by name, with the operators of each. */
const filteredFields = oncePerView(
  (view) =>
    new Map(queryFields(view, 'filter').map((field) => [field.name, { field, words: operatorsOf(field) }])),
)

/** Filters of which at least one must hold, and the list's canonical text. */
export interface ParsedAlternatives {
  readonly filters: readonly Filter[]
  readonly text: string
}

/**
 * Parses `(filter,filter,…)`. A filter is written as in a query string, in double quotes if it contains a comma ({@link
 * parseTextList}).
 */
export function parseAlternatives(view: View, text: string): ParsedAlternatives | Mistake {
  const items =
    text.startsWith('(') && text.endsWith(')')
      ? parseTextList(text.slice(1, -1), limits.alternativesMax)
      : undefined
  if (items === undefined) {
    return { detail: `Must be filters in parentheses, such as (status=open,guests[gte]=4). ${textListRule}` }
  }
  if (items.length > limits.alternativesMax) {
    return { detail: `Too many alternatives: at most ${limits.alternativesMax}.` }
  }
  const alternatives = new Map<string, Filter>()
  for (const item of items) {
    const split = item.includes('=') ? item.indexOf('=') : item.length
    const parsed = parseFilter(view, [item.slice(0, split), item.slice(split + 1)], [])
    if ('detail' in parsed) return { detail: `${quote(item.slice(0, split))}: ${parsed.detail}` }
    alternatives.set(formatListText(`${parsed.name}=${parsed.texts.join(',')}`), parsed.filter)
  }
  const sorted = [...alternatives].sort(([a], [b]) => (a < b ? -1 : 1))
  return { filters: sorted.map(([, filter]) => filter), text: `(${sorted.map(([item]) => item).join(',')})` }
}

/** Names from callers are echoed short and printable. */
export const quote = (text: string): string => text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?')
