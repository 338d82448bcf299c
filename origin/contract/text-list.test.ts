import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatListText, parseTextList } from './text-list.ts'

describe('a list of texts', () => {
  it.each([
    ['FR', ['FR']],
    ['FR,IT', ['FR', 'IT']],
    ['', ['']],
    ['a,,b', ['a', '', 'b']],
    ['"Case, Upper"', ['Case, Upper']],
    ['"Case, Upper",Paris', ['Case, Upper', 'Paris']],
    ['Paris,"Case, Upper"', ['Paris', 'Case, Upper']],
    ['"a\\"b","c\\\\"', ['a"b', 'c\\']],
    ['" a "', [' a ']],
    ['""', ['']],
    ['New York', ['New York']],
  ])('%s', (list, texts) => expect(parseTextList(list)).toEqual(texts))

  it.each(['Case, Upper', '"a', '"a"b', 'a"b', 'a\\,b', '"a\\n"', ' a', '"a", b', '"a" ,b'])(
    'refuses %s instead of asking for something else',
    (list) => expect(parseTextList(list)).toBeUndefined(),
  )

  it.each(['a,b,c,d', '"a",b,c,d', 'a,b,c,d"', '"a",b,c,"d'])(
    'reads no more of %s than was asked for',
    (list) => {
      expect(parseTextList(list, 2)).toEqual(['a', 'b', 'c'])
      expect(parseTextList('a,"b"', 2)).toEqual(['a', 'b'])
    },
  )

  it('parses every text that formatListText writes', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(',', '"', '\\', ' ', 'a') }),
    )
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (texts) => {
        expect(parseTextList(texts.map(formatListText).join(','))).toEqual(texts)
      }),
    )
  })
})
