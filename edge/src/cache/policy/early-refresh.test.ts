import { expect, test } from 'vitest'
import { refreshesEarly } from './early-refresh.ts'

const untilMs = 100_000
const dice = (value: number) => () => value

test.each<[string, number, number, number, number, boolean]>([
  ['far from expiry no dice are thrown', 50_000, 100, 1, 0, false],
  ['close to it an unlikely throw refreshes', 99_000, 500, 1, Math.exp(-2.1), true],
  ['and a likely one does not', 99_000, 500, 1, Math.exp(-1.9), false],
  ['a dearer fetch is refreshed earlier', 99_000, 1000, 1, Math.exp(-1.1), true],
  ['a larger beta too', 99_000, 500, 2, Math.exp(-1.1), true],
  ['beta 0 never', 99_999, 500, 0, 1e-12, false],
])('%s (XFetch)', (_, nowMs, fetchMs, beta, thrown, expected) => {
  expect(refreshesEarly(nowMs, untilMs, fetchMs * beta, dice(thrown))).toBe(expected)
})
