import { expect, test } from 'vitest'
import type { FaultRecord } from './inflict.ts'
import { recoveries } from './recovery.ts'

const fault = (startMs: number, endMs = startMs): FaultRecord => ({
  kind: 'kill primary',
  target: 'member 0',
  startMs,
  endMs,
})
/** A probe every 100 ms; those begun between `from` and `until` fail. */
const probes = (from: number, until: number, lengthMs = 20_000) =>
  Array.from({ length: lengthMs / 100 }, (_, index) => {
    const startMs = index * 100
    return { startMs, endMs: startMs, isGood: startMs < from || startMs >= until }
  })
const ms = (...args: Parameters<typeof recoveries>) => recoveries(...args).map((recovery) => recovery.ms)

test('service is back at the start of the first second without a failure', () => {
  expect(ms([fault(1_000)], probes(1_000, 2_500))).toEqual([1_401])
})

test('a fault without a failure takes no time', () => {
  expect(ms([fault(1_000)], probes(0, 0))).toEqual([0])
})

test('counts from the end of a fault that lasts', () => {
  expect(ms([fault(1_000, 3_000)], probes(1_000, 3_300))).toEqual([201])
})

test('leaves out faults that overlap, and those that another one follows before service is back', () => {
  expect(ms([fault(1_000, 2_000), fault(1_500, 1_600)], probes(1_000, 2_500))).toEqual([])
  expect(ms([fault(1_000), fault(2_500)], probes(1_000, 4_000))).toEqual([1_401])
})

test('counts a recovery that was already too long when the next fault came', () => {
  expect(ms([fault(1_000), fault(9_000)], probes(1_000, 9_500))).toEqual([8_000, 500 - 99])
})
