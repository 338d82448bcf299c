import { expect, test } from 'vitest'
import { recoveryMs } from './recovery-time.ts'

const probe = (startMs: number, isGood: boolean, lengthMs = 10) => ({
  startMs,
  endMs: startMs + lengthMs,
  isGood,
})
/** A good probe each 100 ms. */
const good = (fromMs: number, untilMs: number) =>
  Array.from({ length: (untilMs - fromMs) / 100 }, (_, index) => probe(fromMs + 100 * index, true))

test('is 0 where nothing failed', () => {
  expect(recoveryMs(good(0, 3_000), 1_000)).toBe(0)
})

test('ends with the last failure, also of several outages', () => {
  const probes = [probe(1_000, false), ...good(1_100, 3_900), probe(3_900, false), ...good(4_000, 6_000)]
  expect(recoveryMs(probes, 1_000)).toBe(2_910)
})

test('counts a probe until its answer, also one that was sent before the incident', () => {
  expect(recoveryMs([probe(900, false, 2_000), ...good(2_900, 5_000)], 1_000)).toBe(1_900)
})

test('leaves out what had ended before', () => {
  expect(recoveryMs([probe(900, false), ...good(1_000, 3_000)], 1_000)).toBe(0)
})

test('is unknown until a second has passed', () => {
  expect(recoveryMs([probe(1_000, false), ...good(1_100, 1_900)], 1_000)).toBeUndefined()
  expect(recoveryMs([], 1_000)).toBeUndefined()
})
