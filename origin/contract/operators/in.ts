import type { CursorValue } from '../cursor.ts'
import { describeFilterType } from '../filter-type.ts'
import { limits } from '../limits.ts'
import { formatListText, parseTextList, textListRule } from '../text-list.ts'
import { manyValued, parseValue } from './one-value.ts'
import type { Operator } from './operator.ts'
import { itemSchema } from './value-schema.ts'

/** `field[in]=a,b`: the field has one of the values, written as a {@link parseTextList list}. */
export const anyOf: Operator = {
  kinds: manyValued,
  parse(type, text) {
    const items = parseTextList(text, limits.inValuesMax)
    if (items === undefined) return { detail: textListRule }
    if (items.length > limits.inValuesMax)
      return { detail: `Too many values: at most ${limits.inValuesMax}.` }
    const values = new Set<CursorValue>()
    for (const item of items) {
      const value = parseValue(type, item)
      if (typeof value === 'object') return value
      values.add(value)
    }
    const sorted = [...values].sort(compare)
    return { value: sorted, texts: sorted.map((value) => formatListText(String(value))) }
  },
  condition: (path, value) => ({ [path]: { $in: value } }),
  // The cast is safe: `parse` returns only lists.
  onlyValues: (value) => value as readonly CursorValue[],
  describe: (type) =>
    `Any of ${describeFilterType(type)}${type.kind === 'string' ? ', quoted as in `or`' : ''}.`,
  parameter: (type) => ({
    style: 'form',
    explode: false,
    schema: { type: 'array', minItems: 1, maxItems: limits.inValuesMax, items: itemSchema(type) },
  }),
}

const compare = (a: CursorValue, b: CursorValue): number => (a < b ? -1 : a > b ? 1 : 0)
