import { expect, it } from 'vitest'
import { trafficOf } from './traffic.ts'

const route = (answers: number, hits = 0, refused = 0, forwarded = 0, originMs = 0) => ({
  ...{ answers, hits, refused, forwarded, originMs },
})
const line = (fromMs: number, all: ReturnType<typeof route>, more: object = {}) => ({
  at: new Date(fromMs).toISOString(),
  entry: { kind: 'totals', fromMs, toMs: fromMs + 1_000, all, routes: {}, cache: {}, reasons: {}, ...more },
})

it('is quiet without totals', () => {
  expect(trafficOf([], 60_000, 60)).toMatchObject({
    ...{ perSecond: 0, hitShare: undefined, refusedShare: undefined, originMs: undefined, routes: [] },
  })
})

it('sums the totals of the period, and leaves older ones and other lines out', () => {
  const lines = [
    line(39_000, route(1_000)),
    { at: '', entry: { kind: 'answer', status: 503 } },
    line(40_500, route(6, 3, 1, 2, 30)),
    line(59_900, route(4, 2, 0, 1, 6)),
  ]
  const traffic = trafficOf(lines, 60_000, 20)
  expect(traffic).toMatchObject({ perSecond: 0.5, hitShare: 0.5, refusedShare: 0.1, originMs: 12 })
  expect([traffic.series.length, traffic.series[0], traffic.series[19]]).toEqual([20, 6, 4])
})

it('shows the busiest routes and the most frequent reasons first', () => {
  const { routes, reasons } = trafficOf(
    [
      line(1_000, route(30), {
        routes: { '/v2/trips': route(10, 5, 5), '/v2/places': route(20, 20) },
        reasons: { 'shed-limit': 1, 'rate-limited': 4 },
      }),
    ],
    10_000,
    10,
  )
  expect(routes).toEqual([
    { pattern: '/v2/places', perSecond: 2, hitShare: 1, refusedShare: 0 },
    { pattern: '/v2/trips', perSecond: 1, hitShare: 0.5, refusedShare: 0.5 },
  ])
  expect(reasons).toEqual([
    ['rate-limited', 4],
    ['shed-limit', 1],
  ])
})
