import { expect, it } from 'vitest'
import type { Result, Row } from '../measure/result.ts'
import { withMeasured } from './measured-times.ts'
import { readServiceTimes } from './service-times.ts'

const times = readServiceTimes()

const row = (name: string, subject: string, server: (number | null)[], database: number): Row => ({
  case: name,
  subject,
  metrics: {
    server: { unit: 'CPU µs/request', better: 'lower', samples: server },
    database: { unit: 'CPU µs/request', better: 'lower', samples: server.map(() => database) },
  },
})
const result = (...rows: Row[]): Result => ({
  format: 'spillway-bench-1',
  bench: 'origin',
  command: '',
  startedAt: '2026-11-25T00:00:00.000Z',
  seconds: 1,
  quick: false,
  machine: { cpu: '', cores: 2, memoryGiB: 1, system: '' },
  versions: { commit: 'abc' },
  settings: {},
  rows,
  series: [],
  bars: [],
})

it('a measured kind costs its measured time, all steps of a request together', () => {
  const measured = withMeasured(
    times,
    result(
      row('read by id', 'Fastify + driver', [900], 400),
      row('read by id', 'Spillway', [300, null, 200, 250], 33),
    ),
  )
  const { workCpuUs, answerCpuUs, databaseCpuUs, databaseMs, share } = measured.kinds.find
  expect(measured.receiveCpuUs + workCpuUs + answerCpuUs).toBeCloseTo(250)
  expect(workCpuUs / answerCpuUs).toBeCloseTo(times.kinds.find.workCpuUs / times.kinds.find.answerCpuUs)
  expect({ databaseCpuUs, databaseMs, share }).toEqual({
    databaseCpuUs: 33,
    databaseMs: times.kinds.find.databaseMs,
    share: times.kinds.find.share,
  })
  expect(measured.source).toContain('read by id: bench -- origin (2026-11-25')
})

it('a kind that was not measured stays as it is', () => {
  const measured = withMeasured(times, result(row('read by id', 'Spillway', [250], 33)))
  expect(measured.kinds.list).toEqual(times.kinds.list)
  expect(withMeasured(times, result(row('create', 'Spillway', [null], 0)))).toBe(times)
})

it('of another bench is refused', () => {
  expect(() => withMeasured(times, { ...result(), bench: 'edge' })).toThrow('bench -- origin')
})
