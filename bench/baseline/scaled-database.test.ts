import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { commandName, MessageCutter } from '@spillway/origin/dev/documentdb/wire-message'
import { afterEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../load/random.ts'
import { coldStartMs } from './cold-start.ts'
import { connectionUs, costOf } from './command-cost.ts'
import { Environments } from './environments.ts'
import { atScale } from './full-scale.ts'
import { startScaledDatabase } from './scaled-database.ts'
import { ServerQueue } from './server-queue.ts'
import { sampleOf } from './story-sample.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

describe('a queue before servers', () => {
  it('starts work at once while a server is free, and then when the first one is', () => {
    const queue = new ServerQueue(2)
    expect(queue.admit(0, 10).doneAtMs).toBe(10)
    expect(queue.admit(0, 4).doneAtMs).toBe(4)
    expect(queue.admit(1, 5).doneAtMs).toBe(9)
    expect(queue.admit(100, 5).doneAtMs).toBe(105)
  })

  it('serves up to its capacity in a second, however much comes', () => {
    const queue = new ServerQueue(2)
    let done = 0
    for (let i = 0; i < 1_000; i++) if (queue.admit(i, 10).doneAtMs <= 1_000) done++
    expect(done).toBeGreaterThanOrEqual(198)
    expect(done).toBeLessThanOrEqual(200)
  })

  it('delays later work when earlier work took longer than expected', () => {
    const queue = new ServerQueue(1)
    const { server } = queue.admit(0, 10)
    queue.extend(server, 5)
    expect(queue.admit(0, 1).doneAtMs).toBe(16)
  })
})

/** An OP_MSG with a body whose first field is the command. */
function message(command: string, bytes = 64): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeInt32LE(bytes, 0)
  buffer.writeInt32LE(2013, 12)
  buffer.write(`${command}\0`, 26, 'latin1')
  return buffer
}

describe('the wire protocol', () => {
  it('is cut into messages however it arrives', () => {
    const stream = Buffer.concat([message('find', 64), message('insert', 100), message('update', 40)])
    for (const size of [1, 7, 63, 64, 65, 204]) {
      const cutter = new MessageCutter()
      const found: string[] = []
      for (let at = 0; at < stream.length; at += size) {
        for (const each of cutter.push(stream.subarray(at, at + size))) found.push(commandName(each) ?? '')
      }
      expect(found).toEqual(['find', 'insert', 'update'])
    }
  })

  it('shows no command in a message other than OP_MSG', () => {
    const legacy = message('find')
    legacy.writeInt32LE(2004, 12)
    expect(commandName(legacy)).toBeUndefined()
    expect(commandName(Buffer.alloc(16))).toBeUndefined()
  })
})

it('makes a command cost its measured time, within a tenth', () => {
  const us = (command: string, requestKib: number, replyKib: number) => {
    const cost = costOf(command)
    if (cost === undefined) return 0
    return cost.fixed + cost.perRequestKib * requestKib + cost.perReplyKib * replyKib
  }
  expect(us('find', 0.3, 0.6)).toBeCloseTo(189, -1.5)
  expect(us('find', 1, 5.5)).toBeCloseTo(321, -1.5)
  expect(us('insert', 0.6, 0.1)).toBeCloseTo(473, -1.5)
  expect(us('update', 2.3, 0.1)).toBeCloseTo(2_184, -2)
  expect(costOf('hello')).toBeUndefined()
  expect(connectionUs).toBeGreaterThan(0)
})

it('accepts connections up to its limit, and closes others at once', async () => {
  const behind = createServer()
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve))
  closing.push(() => behind.close())
  const { port } = behind.address() as AddressInfo
  const database = await startScaledDatabase({ port, vcpus: 2, connectionsMax: 2, scale: 1 })
  closing.push(() => database.stop())
  const open = () =>
    new Promise<'open' | 'closed'>((resolve) => {
      const socket = connect(database.port, '127.0.0.1')
      closing.push(() => socket.destroy())
      socket.on('error', () => resolve('closed'))
      socket.on('close', () => resolve('closed'))
      behind.once('connection', () => resolve('open'))
    })
  expect(await open()).toBe('open')
  expect(await open()).toBe('open')
  expect(await open()).toBe('closed')
  expect(database.connections).toBe(2)
  expect(database.refused).toBe(1)
})

describe('execution environments', () => {
  it('are reused when free, created when none is, and throttled at the limit', () => {
    const environments = new Environments(2, ['a'])
    expect(environments.take()).toEqual({ kind: 'warm', environment: 'a' })
    expect(environments.take()).toEqual({ kind: 'cold' })
    expect(environments.take()).toEqual({ kind: 'throttled' })
    environments.give('b')
    expect(environments.take()).toEqual({ kind: 'warm', environment: 'b' })
  })

  it('are replaced when one is lost', () => {
    const environments = new Environments(1)
    environments.take()
    environments.lose()
    expect(environments.take()).toEqual({ kind: 'cold' })
  })
})

describe('a cold start', () => {
  const drawn = (kind: 'plain' | 'vpc') => {
    const random = seededRandom(1)
    return Array.from({ length: 2_000 }, () => coldStartMs(kind, random)).toSorted((a, b) => a - b)
  }

  it('takes about 400 ms, sometimes a second', () => {
    const sorted = drawn('plain')
    expect(sorted[1_000]).toBeGreaterThan(370)
    expect(sorted[1_000]).toBeLessThan(430)
    expect(sorted[1_980]).toBeLessThan(1_300)
  })

  it('takes 10 to 15 s more where a network interface had to be attached', () => {
    const sorted = drawn('vpc')
    expect(sorted[0]).toBeGreaterThan(10_000)
    expect(sorted[1_000]).toBeGreaterThan(12_000)
    expect(sorted[1_000]).toBeLessThan(13_800)
  })
})

it('never scales a limit to nothing', () => {
  expect(atScale(1_000, 0.01)).toBe(10)
  expect(atScale(10, 0.01)).toBe(1)
})

describe('a sample of the story', () => {
  const second = (good: number, failed: number, p99: number) => ({
    asked: good + failed,
    ok: good,
    good,
    shed: 0,
    failed,
    p50: p99,
    p99,
  })
  const driver = { cpuShare: 0.2, busy: 0.3, latenessP99Ms: 1, waited: 0 }
  const total = {
    asked: 0,
    good: 0,
    refused: 0,
    ok: 0,
    shed: 0,
    failed: 0,
    p50: 1,
    p90: 1,
    p99: 1,
    p999: 1,
    max: 12_000,
  }
  const summary = {
    ...{ scenario: 's', target: 't', driver: 'd', scale: 1, usersMax: 1, seconds: 4 },
    ...{ total, operations: {}, failures: {} },
  }
  const circumstances = {
    ...{ peak: { fromMs: 1_000, toMs: 3_000 }, connectionsMax: 10, refused: 3 },
    critical: [],
  }
  const seconds = [second(9, 0, 5), second(2, 8, 700), second(4, 6, 900), second(9, 0, 5)]
  const other = { hitSeconds: [], lateSeconds: [], summary, driver }

  it('covers the peak alone', () => {
    expect(sampleOf({ seconds, ...other }, circumstances)).toMatchObject({
      goodput: 3,
      errorPercent: 70,
      p99Ms: 900,
      longestMs: 12_000,
    })
  })

  it('has no figures where the driver was the limit, or nothing was answered well', () => {
    const limited = sampleOf({ seconds, ...other, driver: { ...driver, limitedBy: 'full' } }, circumstances)
    expect(limited.goodput).toBeNaN()
    const nothing = seconds.map(() => second(0, 5, Number.NaN))
    expect(sampleOf({ seconds: nothing, ...other }, circumstances).p99Ms).toBeNaN()
  })
})
