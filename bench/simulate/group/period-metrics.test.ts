import { expect, it } from 'vitest'
import { PeriodMetrics } from './period-metrics.ts'

const second = { inService: 4, requests: 100, refused: 10, cpu: 0.5, poolWaitMs: 1 }

it('reports a minute only after its end and the delay', () => {
  const metrics = new PeriodMetrics(60, 30)
  const known: [number, unknown][] = []
  for (let at = 0; at < 120; at += 1) {
    const values = metrics.observe(at, at === 7 ? { ...second, poolWaitMs: 40 } : second)
    if (values !== undefined) known.push([at, values])
  }
  expect(known).toEqual([
    [
      89,
      // Four scrapes: one is told of 40 ms, three of 1 ms.
      {
        requestsPerTarget: 1_500,
        requestsPerSecond: 100,
        cpuPercent: 50,
        poolWaitMs: 10.75,
        shedPercent: 10,
      },
    ],
  ])
})

it('counts requests by the minute whatever its period', () => {
  const metrics = new PeriodMetrics(300, 0)
  let last: unknown
  for (let at = 0; at < 300; at += 1) last = metrics.observe(at, second)
  expect(last).toMatchObject({ requestsPerTarget: 1_500 })
})
