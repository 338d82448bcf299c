import { limits } from '../limits.ts'
import { oneOf, parseValue } from './one-value.ts'
import type { Operator } from './operator.ts'

/**
 * `field[prefix]=value`: the text begins with the value, compared by code point. It compares with a range, because
 * DocumentDB answers a regular expression from no index.
 */
export const prefix: Operator = {
  kinds: ['string'],
  parse(type, text) {
    if (text === '') return { detail: 'Must have at least one character.' }
    const value = parseValue(type, text)
    return typeof value === 'object' ? value : { value, texts: [text] }
  },
  condition(path, value) {
    const text = String(oneOf(value))
    const end = endOf(text)
    return { [path]: { $gte: text, ...(end !== undefined && { $lt: end }) } }
  },
  describe: () => 'Text at the beginning.',
  parameter: () => ({
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: limits.filterValueLengthMax,
      pattern: '^[^\\u0000]*$',
    },
  }),
}

/**
 * The least text that is greater than every text with this prefix, in the order of UTF-8; `undefined` if there is none.
 */
function endOf(text: string): string | undefined {
  // The cast is safe: a character has a code point.
  const points = [...text].map((character) => character.codePointAt(0) as number)
  while (points.at(-1) === 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  // Skips the surrogates, which are not characters: U+E000 follows U+D7FF.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
}
