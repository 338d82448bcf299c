import type { Result } from '../measure/result.ts'

/** A result for tests: of the bench `edge`, with one figure and one bar. */
export const exampleResult = (more: Partial<Result> = {}): Result => ({
  format: 'spillway-bench-1',
  bench: 'edge',
  command: 'npm run bench -- edge',
  startedAt: '2026-11-24T12:00:00.000Z',
  seconds: 60,
  quick: false,
  machine: { cpu: 'a processor', cores: 2, memoryGiB: 8, system: 'Linux' },
  versions: { node: 'v24.21.0', commit: '0123456789ab' },
  settings: {},
  rows: [exampleRow([100, 101, 102])],
  series: [],
  bars: [exampleBar(12)],
  ...more,
})

export const exampleRow = (samples: readonly number[], subject = 'Spillway'): Result['rows'][number] => ({
  case: 'read',
  subject,
  metrics: { cpu: { unit: 'µs', better: 'lower', samples: [...samples] } },
})

/** A bar that holds from 10 on. */
export const exampleBar = (measured: number, name = 'times-fewer', limit = 10): Result['bars'][number] => ({
  name,
  measured,
  holds: '>=',
  limit,
  pass: measured >= limit,
})
