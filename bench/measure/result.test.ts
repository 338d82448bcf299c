import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkResult, type Result, readResult, summaryOf, writeResult } from './result.ts'

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

it('names the wrong field of a result', () => {
  const broken = {
    ...result,
    rows: [{ case: 'read', subject: 'Spillway', metrics: { cpu: { unit: 'µs' } } }],
  }
  expect(() => checkResult(broken)).toThrow('/rows/0/metrics/cpu')
  expect(() => checkResult({ ...result, format: 'another' })).toThrow('/format')
})

it('thins a long series to means of neighbours, and leaves a short one as it is', () => {
  const points = Array.from({ length: 240 }, (_, second): [number, number] => [second, second % 2])
  const { series } = summaryOf({
    ...result,
    series: [{ name: 'long', unit: 'one', points }, ...result.series],
  })

  expect(series[0]?.points).toHaveLength(120)
  expect(series[0]?.points.slice(0, 2)).toEqual([
    [0.5, 0.5],
    [2.5, 0.5],
  ])
  expect(series[1]).toEqual(result.series[0])
})

it('writes each list of numbers in one line, and reads what it has written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-result-'))
  const file = join(folder, 'origin.json')
  await writeResult(file, result)

  expect(await readFile(file, 'utf8')).toMatch(/"samples": \[1, null\].*"points": \[\[0, 16\]\]/s)
  expect(await readResult(file)).toEqual(result)
  await rm(folder, { recursive: true })
})
