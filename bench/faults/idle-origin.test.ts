import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gauge, parseScrape } from '@spillway/infra/why/origin-metrics-text'
import { afterEach, expect, test } from 'vitest'
import { leftInWork } from './idle-origin.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** An origin's `/metrics`, of which nothing but these two is read; the last figures stay. */
async function startMetrics(...figures: readonly (readonly [inUse: number, inFlight: number])[]) {
  let asked = 0
  const server = createServer((_request, response) => {
    const [inUse, inFlight] = figures[Math.min(asked, figures.length - 1)] ?? [0, 0]
    asked += 1
    response.end(`origin_pool_connections{state="inUse"} ${inUse}\norigin_admission_inflight ${inFlight}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a command that an idle origin waits for, and a request that it still holds, are reported as left over', async () => {
  expect(await leftInWork(await startMetrics([2, 1]), 150)).toBe(3)
})

test('a command that ends within its time is not left over', async () => {
  expect(await leftInWork(await startMetrics([2, 2], [1, 1], [0, 0]))).toBe(0)
})

test('a missing metric is not zero', () => {
  expect(() => gauge(parseScrape('origin_other 0\n'), 'origin_admission_inflight')).toThrow(/no metric/)
})
