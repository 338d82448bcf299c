import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFilterValue, parseFilterValue } from './filter-type.ts'

const time = (text: string) => parseFilterValue({ kind: 'date-time' }, text)

describe('a time', () => {
  it.each([
    ['2027-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['2028-02-29T23:59:59.123Z', '2028-02-29T23:59:59.123Z'],
    ['2028-02-29T23:59:59.1Z', '2028-02-29T23:59:59.100Z'],
    ['2028-02-29T23:59:59.120000000Z', '2028-02-29T23:59:59.120Z'],
    ['2027-01-01t00:00:00z', '2027-01-01T00:00:00.000Z'],
    ['2027-01-01T00:30:00+01:00', '2026-12-31T23:30:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ])('%s is kept as %s', (text, stored) => {
    expect(time(text)).toBe(stored)
  })

  it.each([
    ['a day that no calendar has', '2027-02-30T00:00:00Z'],
    ['February 29th of another year', '2027-02-29T00:00:00Z'],
    ['the hour 24', '2027-01-01T24:00:00Z'],
    ['a month 13', '2027-13-01T00:00:00Z'],
    ['before the year 0 by its offset', '0000-01-01T00:00:00+01:00'],
    ['after the year 9999 by its offset', '9999-12-31T23:59:59-01:00'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['finer than a millisecond', '2028-02-29T23:59:59.123456Z'],
    ['a dot without digits', '2028-02-29T23:59:59.Z'],
    ['no offset', '2027-01-01T00:00:00'],
    ['a year of six digits', '+012027-01-01T00:00:00Z'],
  ])('refused: %s', (_name, text) => {
    expect(time(text)).toBeUndefined()
  })

  it('is valid in a cursor when accepted, and its text sorts like its time', () => {
    const part = (max: number) => fc.nat(max).map((value) => String(value).padStart(2, '0'))
    const year = fc.nat(9_999).map((value) => String(value).padStart(4, '0'))
    const offset = fc.oneof(
      fc.constant('Z'),
      fc.tuple(part(24), part(60)).map(([h, m]) => `-${h}:${m}`),
    )
    const text = fc
      .tuple(year, part(13), part(32), part(25), part(61), part(61), offset)
      .map(([y, mo, d, h, mi, s, zone]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${zone}`)
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [first, second] = [time(a), time(b)]
        if (first === undefined || second === undefined) return
        expect(isFilterValue({ kind: 'date-time' }, first)).toBe(true)
        expect(first < second).toBe(Date.parse(a) < Date.parse(b))
      }),
    )
  })
})

describe('a number', () => {
  const number = (text: string) => parseFilterValue({ kind: 'number', integer: true }, text)

  it.each([
    ['1e0002', 100],
    ['0e9999', 0],
    ['100e-0002', 1],
    ['1.0', 1],
  ])('%s, which JSON writes as well, is %d', (text, value) => {
    expect(number(text)).toBe(value)
    expect(JSON.parse(text)).toBe(value)
  })

  it.each(['1e400', '1e-400', '1e', '01', '+1', '1.', '.5', '1e0400'])('refused: %s', (text) => {
    expect(number(text)).toBeUndefined()
  })
})
