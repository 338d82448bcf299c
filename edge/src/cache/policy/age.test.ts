import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { initialAgeMs, parseAge } from './age.ts'

test.each<[string | null, number]>([
  [null, 0],
  ['0', 0],
  ['7200', 7200],
  ['7200, 0', 7200],
  ['7200,0', 7200],
  ['0, 7200', 0],
  ['7200 , abc', 7200],
  ['2147483647', 2_147_483_647],
  ['2147483649', 2_147_483_648],
  ['9'.repeat(400), 2_147_483_648],
  ['-1', 0],
  ['+1', 0],
  ['7200.0', 0],
  ['7200;a=b', 0],
  ['abc', 0],
  ['abc, 7200', 0],
  ['', 0],
  [', 7200', 0],
])('Age: %s → %s (RFC 9111 §5.1)', (value, expected) => {
  expect(parseAge(value)).toBe(expected)
})

describe('corrected_initial_age (RFC 9111 §4.2.3)', () => {
  const receivedAtMs = Date.UTC(2026, 0, 1, 0, 0, 10)
  const date = (secondsBefore: number) => new Date(receivedAtMs - secondsBefore * 1000).toUTCString()

  test.each<[string, number, string | null, number, number]>([
    ['neither Age nor Date: the delay', 0, null, 200, 200],
    ['Age plus delay', 30, date(0), 200, 30_200],
    ['apparent age when it is greater', 5, date(60), 200, 60_000],
    ['a clock ahead of ours does not make it younger', 5, date(-60), 0, 5000],
    ['an unreadable Date is none', 5, 'yesterday', 0, 5000],
  ])('%s', (_, ageSeconds, dateValue, delayMs, expected) => {
    const answer = { ageSeconds, date: dateValue, requestedAtMs: receivedAtMs - delayMs, receivedAtMs }
    expect(initialAgeMs(answer)).toBe(expected)
  })

  test('is never less than Age and the delay together', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.nat(1e5),
        (ageSeconds, before, delayMs) => {
          const answer = {
            ageSeconds,
            date: date(before),
            requestedAtMs: receivedAtMs - delayMs,
            receivedAtMs,
          }
          expect(initialAgeMs(answer)).toBeGreaterThanOrEqual(ageSeconds * 1000 + delayMs)
        },
      ),
    )
  })
})
