import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseHttpDate } from './http-date.ts'

const nowMs = Date.UTC(2026, 10, 24)

test.each<[string, number | undefined]>([
  ['Sun, 06 Nov 1994 08:49:37 GMT', 784_111_777_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 784_111_777_000],
  ['Sun Nov  6 08:49:37 1994', 784_111_777_000],
  ['SUN, 06 nov 1994 08:49:37 gmt', 784_111_777_000],
  ['sunday, 06-NOV-94 08:49:37 Gmt', 784_111_777_000],
  ['SUN NOV  6 08:49:37 1994', 784_111_777_000],
  ['Tue, 30 Jun 2026 23:59:60 GMT', Date.UTC(2026, 6, 1)],
  ['Tuesday, 24-Nov-76 00:00:00 GMT', Date.UTC(2076, 10, 24)],
  ['Wednesday, 24-Nov-76 00:00:01 GMT', Date.UTC(1976, 10, 24, 0, 0, 1)],
  ['Thursday, 18-Aug-50 02:01:18 GMT', Date.UTC(2050, 7, 18, 2, 1, 18)],
  ['Monday, 18-Aug-80 02:01:18 GMT', Date.UTC(1980, 7, 18, 2, 1, 18)],
  ['0', undefined],
  ['Sun, 06 Nov 1994 08:49:37 AEST', undefined],
  ['Sun, 06 Nov 94 08:49:37 GMT', undefined],
  ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
  ['Sun, 6 Nov 1994 08:49:37 GMT', undefined],
  ['Sun, 31 Feb 1994 08:49:37 GMT', undefined],
  ['Sun, 06 Nov 1994 25:49:37 GMT', undefined],
  ['Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:38 GMT', undefined],
])('%s (RFC 9110 §5.6.7, RFC 9111 §4.2)', (value, expected) => {
  expect(parseHttpDate(value, nowMs)).toBe(expected)
})

test('reads back every date that is written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
      expect(parseHttpDate(new Date(seconds * 1000).toUTCString(), nowMs)).toBe(seconds * 1000)
    }),
  )
})
