import { expect, it } from 'vitest'
import { checkResult, type Result } from './result.ts'

const result: Result = {
  format: 'spillway-bench-1',
  bench: 'origin',
  command: 'npm run bench -- origin',
  startedAt: '2026-11-24T00:00:00.000Z',
  seconds: 1,
  quick: true,
  machine: { cpu: 'one', cores: 2, memoryGiB: 4, system: 'Linux' },
  versions: { node: 'v24.0.0' },
  settings: { connections: 64 },
  rows: [
    {
      case: 'read',
      subject: 'Spillway',
      metrics: { cpu: { unit: 'µs/request', better: 'lower', samples: [1, null] } },
    },
  ],
  series: [{ name: 'connections', unit: 'connections', points: [[0, 16]] }],
  bars: [{ name: 'read', measured: null, holds: '>=', limit: 5, pass: false }],
}

it('takes a complete result', () => {
  expect(checkResult(result)).toBe(result)
})

it('says where a result is wrong', () => {
  const broken = {
    ...result,
    rows: [{ case: 'read', subject: 'Spillway', metrics: { cpu: { unit: 'µs' } } }],
  }
  expect(() => checkResult(broken)).toThrow('/rows/0/metrics/cpu')
  expect(() => checkResult({ ...result, format: 'another' })).toThrow('/format')
})
