import { describe, expect, test } from 'vitest'
import { parseStructuredDictionary } from './structured-dictionary.ts'

describe('targeted cache control as a structured dictionary (RFC 9213 §2.1, RFC 9651 §4.2.2)', () => {
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
  ])('%s', (value, expected) => {
    const parsed = parseStructuredDictionary(value)
    expect(parsed && Object.fromEntries(parsed)).toEqual(expected)
  })
})
