import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { secondaryKey, unionOfNames, varyNames } from './vary.ts'

test.each<[string | null, readonly string[] | '*']>([
  [null, []],
  ['', []],
  ['Foo', ['foo']],
  ['Foo, bar,, FOO', ['bar', 'foo']],
  ['*', '*'],
  [', *', '*'],
  ['Foo, *', '*'],
  [Array.from({ length: 65 }, (_, n) => `n${n}`).join(), '*'],
])('Vary: %s (RFC 9110 §12.5.5)', (value, names) => {
  expect(varyNames(value)).toEqual(names)
})

describe('matching requests (RFC 9111 §4.1)', () => {
  const matches = (name: string, left: string | undefined, right: string | undefined) => {
    const key = (value: string | undefined) =>
      secondaryKey([name], new Headers(value === undefined ? {} : { [name]: value }))
    return key(left) === key(right)
  }

  test.each<[string, string | undefined, string | undefined, boolean]>([
    ['foo', '1', '1', true],
    ['foo', '1', '2', false],
    ['foo', undefined, undefined, true],
    ['foo', undefined, '1', false],
    ['foo', undefined, '', false],
    ['foo', '1,2', ' 1, 2 ', true],
    ['foo', 'A', 'a', false],
    ['foo', '"a, b"', '"a,b"', false],
    ['accept-language', 'en, de', 'de,EN', true],
    ['accept-language', 'en;q=1.0, de;q=0.50', 'de;q=0.5, en', true],
    ['accept-language', 'en, de', 'en, de;q=0.5', false],
    ['accept-encoding', 'gzip, br', 'br,gzip', true],
    ['foo', '1 , 2', '1,2', true],
    ['foo', '1  2', '1 2', false],
    ['accept-language', `en,${'x'.repeat(2000)}`, `${'x'.repeat(2000)},en`, false],
  ])('%s: %s and %s: %s', (name, left, right, expected) => {
    expect(matches(name, left, right)).toBe(expected)
  })

  test('keys of different values never run into each other', () => {
    const value = fc.stringMatching(/^[!-~]{0,12}$/).filter((text) => !text.includes(','))
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const key = (x: string, y: string) => secondaryKey(['x', 'y'], new Headers({ x, y }))
        expect(key(a, b) === key(c, d)).toBe(a === c && b === d)
      }),
    )
  })
})

test('the union of names never loses a name', () => {
  expect(unionOfNames(['a', 'c'], ['b', 'c'])).toEqual(['a', 'b', 'c'])
})
