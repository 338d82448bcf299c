import { describe, expect, test } from 'vitest'
import { parseStructuredDictionary } from './structured-dictionary.ts'
import { parseTargetedControl } from './targeted-control.ts'

describe('targeted cache control (RFC 9213 §2.1)', () => {
  test.each<[string, Record<string, string | true> | undefined]>([
    ['max-age=30', { 'max-age': '30' }],
    ['max-age=30, stale-while-revalidate=300', { 'max-age': '30', 'stale-while-revalidate': '300' }],
    ['no-store', { 'no-store': true }],
    ['max-age=30;ext=1, public;a;b="x"', { 'max-age': '30', public: true }],
    ['max-age=1, max-age=2', { 'max-age': '2' }],
    ['no-cache="a, b"', { 'no-cache': 'a, b' }],
    ['no-store=?0, max-age=1', { 'max-age': '1' }],
    ['no-store=?1', { 'no-store': true }],
    ['', undefined],
    ['Max-Age=30', undefined],
    ['max-age=30,', undefined],
    ['max-age=30 public', undefined],
    ['max-age= 30', undefined],
    ['max-age="30', undefined],
    ['=30', undefined],
    ['max-age="30"', undefined],
    ['max-age=30.0', undefined],
    ['max-age', undefined],
    ['max-age=(30)', undefined],
    ['stale-if-error=x', undefined],
    ['max-age=30, ext=(1 2);a, since=@1659578233', { 'max-age': '30', ext: '(1 2)', since: '@1659578233' }],
    ['max-age=-1', { 'max-age': '-1' }],
    ['no-store=?0', undefined],
    ['private="set-cookie"', { private: 'set-cookie' }],
  ])('%s', (value, expected) => {
    const parsed = parseTargetedControl(value)
    expect(parsed && Object.fromEntries(parsed)).toEqual(expected)
  })
})

describe('a structured dictionary (RFC 9651 §4.2.2)', () => {
  test.each<[string, Record<string, readonly [type: string, text: string]>]>([
    ['  a ', { a: ['boolean', '?1'] }],
    ['a=1 ,\tb=?0', { a: ['integer', '1'], b: ['boolean', '?0'] }],
    ['a=-0', { a: ['integer', '-0'] }],
    ['a=999999999999999', { a: ['integer', '999999999999999'] }],
    ['a=999999999999.999', { a: ['decimal', '999999999999.999'] }],
    ['a="x\\\\ \\" y"', { a: ['string', 'x\\ " y'] }],
    ['a=""', { a: ['string', ''] }],
    ['a=*t/o:k', { a: ['token', '*t/o:k'] }],
    ['a=:aGVsbG8=:', { a: ['bytes', ':aGVsbG8=:'] }],
    ['a=@-1', { a: ['date', '@-1'] }],
    ['a=%"f%c3%bc"', { a: ['display-string', '%"f%c3%bc"'] }],
    ['a=()', { a: ['inner-list', '()'] }],
    ['a=( 1  "b" );x;y=2', { a: ['inner-list', '( 1  "b" )'] }],
    ['*a.b_c-1;  p=?1;q="\\""', { '*a.b_c-1': ['boolean', '?1'] }],
    ['a=1, b, a=2', { a: ['integer', '2'], b: ['boolean', '?1'] }],
  ])('%s', (value, expected) => {
    const parsed = parseStructuredDictionary(value)
    const read =
      parsed && Object.fromEntries([...parsed].map(([name, { type, text }]) => [name, [type, text]]))
    expect(read).toEqual(expected)
  })

  test.each([
    '',
    '   ',
    'A=1',
    'a=1,',
    'a=1, ,b',
    ',a',
    'a=',
    'a= 1',
    'a =1',
    'a;B',
    'a;b=',
    'a b',
    'a=1.',
    'a=1.2345',
    'a=1234567890123.1',
    'a=1234567890123456',
    'a=-',
    'a="',
    'a="x\\y"',
    'a="ü"',
    'a=:a',
    'a=?2',
    'a=@1.5',
    'a=%"%C3"',
    'a=%"%c"',
    'a=(1',
    'a=(1,2)',
    'a=((1))',
    'a=("x""y")',
    '1a',
    '\ta',
  ])('is malformed: %j', (value) => {
    expect(parseStructuredDictionary(value)).toBeUndefined()
  })

  test('has up to 1024 members', () => {
    const members = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`).join()
    expect(parseStructuredDictionary(members(1024))?.size).toBe(1024)
    expect(parseStructuredDictionary(members(1025))).toBeUndefined()
  })
})
