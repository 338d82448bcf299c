import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deltaSeconds, parseDirectives } from './directives.ts'

describe('Cache-Control as directives (RFC 9111 §5.2)', () => {
  test.each<[string, Record<string, string | true>]>([
    ['', {}],
    ['no-store', { 'no-store': true }],
    ['No-StOrE, MaX-aGe=5', { 'no-store': true, 'max-age': '5' }],
    [' , max-age=5 ,, public', { 'max-age': '5', public: true }],
    ['max-age="5"', { 'max-age': '5' }],
    ['no-cache="a, b", max-age=1', { 'no-cache': 'a, b', 'max-age': '1' }],
    ['ext="say \\"max-age=9\\"", max-age=1', { ext: 'say "max-age=9"', 'max-age': '1' }],
    ['max-age=1, max-age=2', { 'max-age': '1' }],
    ['no-cache="a", no-cache', { 'no-cache': true }],
    ['private, private="a"', { private: true }],
    ['max-age =5', { 'max-age': true }],
    ['max-age= 5', { 'max-age': '' }],
    ['ext="open, no-store', { ext: '', 'no-store': true }],
  ])('%s', (value, expected) => {
    expect(Object.fromEntries(parseDirectives(value))).toEqual(expected)
  })

  test('a directive survives whatever stands before it, except an open quoted string', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^",]{0,40}$/), (before) => {
        expect(parseDirectives(`${before}, no-store`).has('no-store')).toBe(true)
      }),
    )
  })
})

describe('delta-seconds (RFC 9111 §1.2.2)', () => {
  test.each<[string | true | undefined, number | undefined]>([
    ['0', 0],
    ['003600', 3600],
    ['2147483648', 2_147_483_648],
    ['99999999999', 2_147_483_648],
    ['-1', undefined],
    ['1.0', undefined],
    ["'5'", undefined],
    ['5a', undefined],
    ['', undefined],
    [true, undefined],
    [undefined, undefined],
  ])('%s → %s', (argument, seconds) => {
    expect(deltaSeconds(argument)).toBe(seconds)
  })
})
