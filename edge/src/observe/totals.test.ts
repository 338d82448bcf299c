import { sloOf } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import { observedAnswer as answer } from '../../test/support/answer-observation.ts'
import type { AnswerObservation } from './observation.ts'
import { type AnswerTotals, totalsObserver } from './totals.ts'

function observed(...calls: readonly (readonly [AnswerObservation, number, number?])[]) {
  const lines: AnswerTotals[] = []
  const observe = totalsObserver((line) => void lines.push(JSON.parse(line)), sloOf())
  for (const call of calls) observe(...call)
  return lines
}

it('writes a line with the first answer after a period, and counts that answer in the next', () => {
  const lines = observed([answer(), 5_000], [answer(), 5_999], [answer(), 6_000], [answer(), 7_000])
  expect(lines.map(({ fromMs, toMs, all }) => [fromMs, toMs, all.answers])).toEqual([
    [5_000, 6_000, 2],
    [6_000, 7_000, 1],
  ])
})

it('counts by route, cache result and reason', () => {
  const [totals] = observed(
    [answer(), 0],
    [answer({ cache: 'Spillway; fwd=uri-miss; stored', originMs: 12 }), 0],
    [answer({ status: 503, reason: 'shed-limit', cache: undefined, pattern: '/v2/trips' }), 0],
    [answer({ status: 404, cache: undefined, pattern: undefined }), 0],
    [answer(), 1_000],
  )
  const none = { answers: 1, hits: 0, refused: 1, forwarded: 0, originMs: 0 }
  expect(totals).toMatchObject({
    all: { answers: 4, hits: 1, refused: 2, forwarded: 1, originMs: 12 },
    routes: {
      '/v2/places/:id': { answers: 2, hits: 1, refused: 0, forwarded: 1, originMs: 12 },
      '/v2/trips': none,
      other: none,
    },
    cache: { hit: 1, 'uri-miss': 1, none: 2 },
    reasons: { 'shed-limit': 1 },
  })
})

it('counts what a sampled observation stands for', () => {
  const shed = answer({ status: 503, reason: 'shed-throttled', cache: undefined })
  const [totals] = observed([shed, 0, 20], [answer(), 1_000])
  expect([totals?.all.refused, totals?.reasons]).toEqual([20, { 'shed-throttled': 20 }])
})

it('counts by priority what failed, and what was late of the answers that latency is for', () => {
  const [totals] = observed(
    [answer({ priority: 'critical', durationMs: 501 }), 0],
    [answer({ priority: 'critical', status: 404, durationMs: 500 }), 0],
    [answer({ priority: 'critical', status: 504, durationMs: 1_000 }), 0],
    [answer({ priority: 'background', durationMs: 9_000, takesItsTime: true }), 0],
    [answer({ priority: 'normal', status: 503 }), 0, 20],
    [answer({ status: 500 }), 0],
    [answer(), 1_000],
  )
  expect(totals?.slo).toEqual({
    critical: { answers: 3, failed: 1, timed: 2, slow: 1 },
    normal: { answers: 20, failed: 20, timed: 0, slow: 0 },
    background: { answers: 1, failed: 0, timed: 0, slow: 0 },
  })
})

it('leaves faults out', () => {
  const lines: string[] = []
  const observe = totalsObserver((line) => void lines.push(line), sloOf())
  observe({ kind: 'fault', what: 'purge', where: 'zone', message: 'refused' }, 0)
  observe(answer(), 5_000)
  expect(lines).toEqual([])
})
