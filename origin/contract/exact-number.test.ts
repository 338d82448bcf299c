import { describe, expect, it } from 'vitest'
import { losesDigits } from './exact-number.ts'

describe('a number is read as it was written', () => {
  it.each([
    '0',
    '-0',
    '0.000',
    '0e5',
    '1',
    '1.0',
    '5e3',
    '1.5e1',
    '0.1',
    '0.30000000000000004',
    '4.99999999999999',
    '9007199254740991',
    '-9007199254740991',
    '1e300',
    '3.896435018573597e+169',
    '4503599627370497.0',
    '1.000000000000000000000',
  ])('%s', (text) => expect(losesDigits(text)).toBe(false))
})

describe('a number is not read as another one', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '1000000000000000000000000',
    '4.9999999999999999999',
    '1.00000000000000000001',
    '1e999',
    '1e-999',
    '0.00000000000000000000000000000000000001e-300',
  ])('%s', (text) => expect(losesDigits(text)).toBe(true))
})
