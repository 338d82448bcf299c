import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { runInTurns } from './in-turns.ts'
import type { TurnsJob } from './report.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Requests under way, by the target's name. */
const underWay = new Map<string, number>()

/** A target that notes who else is being asked while it is. */
async function startTarget(name: string, status = 200) {
  const seen = { requests: 0, connections: 0, atOnceMax: 0, others: 0 }
  underWay.set(name, 0)
  const change = (by: number) => underWay.set(name, (underWay.get(name) ?? 0) + by)
  const server = createServer((_request, response) => {
    seen.requests++
    change(1)
    seen.atOnceMax = Math.max(seen.atOnceMax, underWay.get(name) ?? 0)
    for (const [other, count] of underWay) if (other !== name) seen.others += count
    setTimeout(() => {
      change(-1)
      response.writeHead(status).end('{}')
    }, 2)
  })
  server.on('connection', () => seen.connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const loop = (target: string, connections: number): TurnsJob['loops'][number] => ({
  target,
  connections,
  ids: ['a'],
  seed: 1,
  mix: { read: 1 },
  credentials: { kind: 'none' },
  watched: {},
})

describe('loops that take turns', () => {
  it('never ask at the same time, and keep their connections from one turn to the next', async () => {
    const one = await startTarget('one')
    const other = await startTarget('other', 503)
    const reports = await runInTurns({
      kind: 'turns',
      loops: [loop(one.url, 3), loop(other.url, 2)],
      turnMs: 20,
      warmupMs: 0,
      windowMs: 100,
    })

    expect([one.seen.others, other.seen.others]).toEqual([0, 0])
    expect(one.seen).toMatchObject({ connections: 3, atOnceMax: 3 })
    expect(other.seen).toMatchObject({ connections: 2, atOnceMax: 2 })
    // At least the first request of each user in each of five turns.
    expect(one.seen.requests).toBeGreaterThanOrEqual(15)
    expect(reports.map(({ total }) => [total.asked, total.ok, total.shed])).toEqual([
      [one.seen.requests, one.seen.requests, 0],
      [other.seen.requests, 0, other.seen.requests],
    ])
  })

  it('count nothing of the warm-up', async () => {
    const target = await startTarget('warm')
    let before = 0
    const [report] = await runInTurns(
      { kind: 'turns', loops: [loop(target.url, 1)], turnMs: 10, warmupMs: 30, windowMs: 20 },
      () => {
        before = target.seen.requests
      },
    )
    expect(before).toBeGreaterThan(0)
    expect(report?.total.asked).toBe(target.seen.requests - before)
  })

  it('go on with the next where a target is not there, and say so', async () => {
    const target = await startTarget('there')
    const [gone, there] = await runInTurns({
      kind: 'turns',
      loops: [loop('http://127.0.0.1:9', 1), loop(target.url, 1)],
      turnMs: 10,
      warmupMs: 0,
      windowMs: 10,
    })
    expect(gone?.total).toMatchObject({ asked: 1, ok: 0, failures: { ECONNREFUSED: 1 } })
    expect(there?.total.ok).toBe(target.seen.requests)
  })
})
