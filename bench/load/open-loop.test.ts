import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { steady } from './arrivals.ts'
import { runOpenLoop } from './open-loop.ts'
import type { OpenJob } from './report.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A server that answers one request after the other, each in `serviceMs`: others wait. */
async function startQueue(serviceMs: number) {
  let tail: Promise<void> = Promise.resolve()
  let connections = 0
  const server = createServer((_request, response) => {
    tail = tail.then(() => new Promise((resolve) => setTimeout(resolve, serviceMs)))
    void tail.then(() => response.end('{}'))
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, connections: () => connections }
}

const job = (target: string, perSecond: number, more: Partial<OpenJob> = {}): OpenJob => ({
  kind: 'open',
  target,
  ids: ['a'],
  seed: 1,
  warmupMs: 0,
  watched: {},
  streams: [
    {
      name: 'all',
      curve: steady(perSecond, 500),
      spacing: 'constant',
      mix: { read: 1 },
      credentials: { kind: 'none' },
    },
  ],
  connectionsMax: 100,
  timeoutMs: 60_000,
  usefulMs: 1_000,
  ...more,
})

describe('an open loop', () => {
  it('offers as many requests to a slow server as to a fast one, and counts the wait that this causes', async () => {
    // 100 a second for half a second to a server that can do 50: the last of 50 waits for about 25 others, 500 ms.
    const slow = await startQueue(20)
    const { total } = await runOpenLoop(job(slow.url, 100))
    expect(total).toMatchObject({ asked: 50, ok: 50, failed: 0 })
    expect(total.latency.max).toBeGreaterThan(300)
  })

  it('counts waiting for a connection as waiting for the answer', async () => {
    // With one connection the server never has a queue: the requests wait in the driver.
    const slow = await startQueue(20)
    const report = await runOpenLoop(job(slow.url, 100, { connectionsMax: 1 }))
    expect(report.connections).toBe(1)
    expect(report.driver.waited).toBeGreaterThan(30)
    expect(report.total.latency.max).toBeGreaterThan(300)
  })

  it('gives up on an answer that takes too long, and says so', async () => {
    const slow = await startQueue(20)
    const { total } = await runOpenLoop(job(slow.url, 100, { timeoutMs: 200 }))
    expect(total.asked).toBe(50)
    expect(total.ok + total.failed).toBe(50)
    expect(total.failures.timeout).toBeGreaterThan(0)
  })

  it('opens the configured number of connections', async () => {
    const server = await startQueue(0)
    const { connections } = await runOpenLoop(job(server.url, 20, { connectionsMin: 30 }))
    expect(connections).toBe(30)
    expect(server.connections()).toBe(30)
  })

  it('tells a write of unknown outcome from one that was shed', async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked += 1
      response.writeHead(503, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ code: asked % 2 === 0 ? 'outcome-unknown' : 'overloaded' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const { total } = await runOpenLoop(job(`http://127.0.0.1:${port}`, 20))
    expect(total).toMatchObject({ asked: 10, shed: 5, failed: 5, failures: { 'outcome-unknown': 5 } })
  })

  it('reports refused connections where no server listens', async () => {
    const server = await startQueue(0)
    for (const close of closing.splice(0)) close()
    const { total } = await runOpenLoop(job(server.url, 20))
    expect(total).toMatchObject({ ok: 0, failed: 10, failures: { ECONNREFUSED: 10 } })
  })
})
