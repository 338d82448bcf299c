import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runClosedLoop } from './closed-loop.ts'
import type { ClosedJob } from './report.ts'

/** Answers reads at once and writes late, each with a `Server-Timing` of its own. */
const server = createServer(async (request, response) => {
  const isRead = request.method === 'GET'
  if (!isRead) await sleep(30)
  response.writeHead(isRead ? 200 : 201, { etag: '"1"', 'server-timing': `edge;dur=${isRead ? 1 : 30}` })
  response.end('{}')
})
let job: ClosedJob

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  job = {
    kind: 'closed',
    // The cast is safe: it listens on a port.
    target: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ ids: ['a'], seed: 1, connections: 4, warmupMs: 0, windowMs: 500, watched: {} },
    mix: { read: 1, create: 1 },
    credentials: { kind: 'none' },
  }
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it('counts reads and writes apart, and all together', async () => {
  const { total, streams, slowest } = await runClosedLoop(job)
  const { reads, writes } = streams
  expect(reads?.ok).toBeGreaterThan(0)
  expect(writes?.ok).toBeGreaterThan(0)
  expect((reads?.ok ?? 0) + (writes?.ok ?? 0)).toBe(total.ok)
  expect(writes?.latency.p50).toBeGreaterThanOrEqual(25)
  expect(slowest).toEqual([])
})

it('lists the slowest answers with their Server-Timing, the slowest first', async () => {
  const { slowest = [], total } = await runClosedLoop({ ...job, slowestShare: 0.1 })
  expect(slowest).toHaveLength(Math.ceil(total.ok * 0.1))
  // On a busy machine, a read may be among them.
  for (const { isWrite, ms, timing } of slowest) {
    expect(timing).toBe(`edge;dur=${isWrite ? 30 : 1}`)
    // The median is rounded.
    expect(ms).toBeGreaterThanOrEqual(total.latency.p50 * 0.9)
  }
  expect(slowest.map(({ ms }) => ms)).toEqual(slowest.map(({ ms }) => ms).toSorted((a, b) => b - a))
})

it('counts answers to calls that repeat as reads', async () => {
  const { total, streams } = await runClosedLoop({ ...job, mix: { read: 1 } })
  expect(streams).toMatchObject({ reads: { ok: total.ok }, writes: { ok: 0 } })
})
