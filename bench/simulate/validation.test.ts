import { describe, expect, it } from 'vitest'
import type { Result } from '../measure/result.ts'
import { readServiceTimes } from './service-times.ts'
import { compare, readOverload, timesOf, worst } from './validation.ts'

const metric = (...samples: (number | null)[]) => ({ unit: 'any', better: 'lower' as const, samples })
const result = (goodput: ReturnType<typeof metric>): Result => ({
  format: 'spillway-bench-1',
  bench: 'overload',
  command: '',
  startedAt: '2026-11-24T00:00:00.000Z',
  seconds: 1,
  quick: true,
  machine: { cpu: '', cores: 2, memoryGiB: 1, system: '' },
  versions: {},
  settings: { capacity: 400, criticalShare: 0.2, poolSize: 16 },
  rows: [
    {
      case: '5×',
      subject: 'Spillway',
      metrics: { goodput, p50: metric(20, 30, 25), p99: metric(200, 300, 250) },
    },
  ],
  series: [],
  bars: [],
})

describe('a measured run', () => {
  it('is read by the median of its repetitions, with the offered load', () => {
    expect(readOverload(result(metric(380, 400, 390)))).toEqual({
      loneMs: 25,
      poolSize: 16,
      levels: [
        { name: '5×', arrivals: { critical: 80, normal: 1_152, background: 768 }, goodput: 390, p99Ms: 250 },
      ],
    })
  })

  it('leaves out a level that the driver could not offer', () => {
    expect(readOverload(result(metric(null, null, null))).levels).toEqual([])
  })

  it('of another bench is refused', () => {
    expect(() => readOverload({ ...result(metric(1)), bench: 'origin' })).toThrow('bench -- overload')
  })
})

it('the round trip is the median at the lowest level, and beyond the capacity lists alone are refused', () => {
  const run = readOverload(result(metric(1_240)))
  const [five] = compare(run, readServiceTimes(), 20)
  expect(timesOf(run, readServiceTimes()).kinds.list.databaseMs).toBe(25)
  // Six lists at a time, 40 round trips a second: 240. Of 2,000 requests, 600 read by id and 200 create.
  expect(five?.simulated.goodput).toBeGreaterThan(0.9 * 1_040)
  expect(five?.simulated.goodput).toBeLessThan(1.02 * 1_040)
})

it('the largest error counts in either direction, and a missing one is no pass', () => {
  expect(worst([3, -7, 5])).toBe(7)
  expect(worst([])).toBeNaN()
})
