import { expect, it } from 'vitest'
import { observedAnswer as answer } from '../../test/support/answer-observation.ts'
import { analyticsObserver } from './analytics.ts'
import { analyticsColumns } from './analytics-columns.ts'
import type { AnswerObservation } from './observation.ts'

function written(observations: readonly AnswerObservation[], repeats = 0) {
  const points: AnalyticsEngineDataPoint[] = []
  const observe = analyticsObserver({ writeDataPoint: (point = {}) => void points.push(point) }, 'v7')
  for (const each of observations) observe(each, 0, repeats)
  return points
}

it('writes every refusal and every request to the origin', () => {
  const points = written([
    answer({ status: 503, reason: 'shed-limit' }),
    answer({ status: 404 }),
    answer({ originMs: 12 }),
  ])
  expect(points.map(({ doubles }) => doubles)).toEqual([
    [503, 1, -1, 1, 0],
    [404, 1, -1, 1, 0],
    [200, 1, 12, 1, 0],
  ])
})

it('samples cache hits, and records the weight of each point', () => {
  const points = written(Array.from({ length: 100 }, () => answer()))
  const stoodFor = points.reduce((sum, { doubles }) => sum + (doubles?.[3] ?? 0), 0)
  expect(points.length).toBeLessThan(10)
  expect(stoodFor).toBe(100)
})

it('records the weight of an observation that arrives sampled', () => {
  const [point] = written([answer({ status: 503, reason: 'shed-throttled' })], 20)
  expect(point?.doubles?.[3]).toBe(20)
})

it('has each value in the column that queries ask for', () => {
  const [point = {}] = written(
    [
      answer({
        ...{ method: 'POST', pattern: '/v2/trips', reason: 'shed-limit', cache: 'Spillway; fwd=miss' },
        ...{ priority: 'background', status: 503, durationMs: 7, originMs: 5, takesItsTime: true },
      }),
    ],
    3,
  )
  const stored = (column: string): unknown => {
    const [, kind = '', number = ''] = /^(index|blob|double)(\d+)$/.exec(column) ?? []
    const values = { index: point.indexes, blob: point.blobs, double: point.doubles }[kind]
    return values?.[Number(number) - 1]
  }
  const values = Object.entries(analyticsColumns).map(([name, column]) => [name, stored(column)])
  expect(Object.fromEntries(values)).toEqual({
    ...{ route: '/v2/trips', method: 'POST', pattern: '/v2/trips', reason: 'shed-limit' },
    ...{ cache: 'Spillway; fwd=miss', priority: 'background', version: 'v7' },
    ...{ status: 503, durationMs: 7, originMs: 5, weight: 3, takesItsTime: 1 },
  })
})

it('has a point of its own for a warm-up, which counts as no answer', () => {
  const points: AnalyticsEngineDataPoint[] = []
  const observe = analyticsObserver({ writeDataPoint: (point = {}) => void points.push(point) })
  observe({ kind: 'warm-up', warmed: 5, held: 3, refused: 1, skipped: 2 })
  observe({ kind: 'hot-list', targets: 4 })
  expect(points).toEqual([{ indexes: ['warm-up'], blobs: [], doubles: [5, 3, 1] }])
})
