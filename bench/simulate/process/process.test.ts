import { describe, expect, it } from 'vitest'
import { constant, exponential } from '../distribution.ts'
import { DelayLimit } from '../origin-policy.ts'
import { meanWait } from '../queueing.ts'
import type { Kind, PerPriority, ProcessModel } from './model.ts'
import { simulateProcess } from './process.ts'

const none = constant(0)
const fixed = (current: number) => () => ({ current, expectedMs: 0, onSample: () => {} })
const alone = { itemsMax: 1, inflightMax: Number.POSITIVE_INFINITY, overlapItems: 1, patienceMs: 0 }
const kind: Kind = { share: 1, workMs: none, answerMs: none, databaseMs: none, lane: alone }
/** Admission without a limit or a timeout. */
const model: ProcessModel = {
  receiveMs: none,
  kinds: [kind],
  limit: fixed(1e9),
  queue: { lengthMax: 1e9, intervalMs: 1e9, standingMs: 1e9, criticalMs: 1e9 },
  shares: { critical: 1, normal: 1, background: 1 },
  poolSize: 1e9,
  deadlineMs: 1e9,
}
const only = (perSecond: number) => ({ critical: 0, normal: perSecond, background: 0 })
const long = { requests: 150_000, warmup: 15_000, seed: 7 }

describe('against queueing theory', () => {
  it.each([
    [1, 0.5],
    [2, 0.8],
    [8, 0.7],
    [8, 0.9],
  ])('M/M/%d at %f of its capacity waits as Erlang C says', (servers, utilization) => {
    const perSecond = (servers * utilization * 1_000) / 10
    const busy = { ...model, kinds: [{ ...kind, databaseMs: exponential(10) }], limit: fixed(servers) }
    const waits = [1, 2, 4, 5].map(
      (seed) => simulateProcess(busy, { ...long, seed, arrivals: only(perSecond) }).queueMs,
    )
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    expect(Math.abs(mean / meanWait(servers, servers * utilization, 10) - 1)).toBeLessThan(0.05)
  })

  it('a pool is such a queue too, whatever its admission', () => {
    const { latency } = simulateProcess(
      { ...model, kinds: [{ ...kind, databaseMs: exponential(10) }], poolSize: 1 },
      { ...long, arrivals: only(50) },
    )
    // Time in M/M/1 is exponential with mean service / (1 - utilization): its median is ln 2 times that.
    expect(Math.abs(latency.quantile(0.5) / (20 * Math.LN2) - 1)).toBeLessThan(0.06)
  })

  it('the event loop alone is M/D/1', () => {
    const { latency, cpu } = simulateProcess(
      { ...model, kinds: [{ ...kind, workMs: constant(1) }] },
      { ...long, arrivals: only(800) },
    )
    expect(cpu).toBeCloseTo(0.8, 1)
    // Mean 1 + 0.8 / (2 × 0.2) = 3 ms (Pollaczek and Khinchine); the median lies below it for the tail's sake.
    expect(latency.quantile(0.5)).toBeGreaterThan(1.9)
    expect(latency.quantile(0.5)).toBeLessThan(3)
  })

  it("mean requests in work follow Little's law", () => {
    const { inflight } = simulateProcess(
      { ...model, kinds: [{ ...kind, databaseMs: exponential(20) }] },
      { ...long, arrivals: only(500) },
    )
    expect(Math.abs(inflight / 10 - 1)).toBeLessThan(0.03)
  })
})

describe('joined work', () => {
  it('needs fewer commands per request as the load grows, and one each at low load', () => {
    const lane = { itemsMax: 128, inflightMax: 1, overlapItems: 1e9, patienceMs: 1e9 }
    const commands = (perSecond: number) =>
      simulateProcess(
        { ...model, kinds: [{ ...kind, lane, databaseMs: constant(10) }] },
        { requests: 20_000, warmup: 2_000, seed: 1, arrivals: only(perSecond) },
      ).commandsPerRequest
    expect(commands(1)).toBeGreaterThan(0.95)
    // A batch of 10 ms is always in flight: a hundred a second, whatever the load.
    expect(commands(5_000)).toBeCloseTo(100 / 5_000, 2)
  })
})

describe('overload', () => {
  const small: ProcessModel = {
    ...model,
    receiveMs: constant(0.05),
    kinds: [{ ...kind, workMs: constant(0.2), answerMs: constant(0.1), databaseMs: exponential(2) }],
    limit: () => new DelayLimit(),
    queue: {},
    shares: { critical: 1, normal: 0.9, background: 0.7 },
    poolSize: 64,
    deadlineMs: 1_000,
  }
  // A process does 1000 / 0.35 = 2857 a second, and at this rate spends half of its time on refusing.
  const arrivals = { critical: 1_000, normal: 6_000, background: 3_000 }
  const result = simulateProcess(small, { arrivals, requests: 100_000, warmup: 50_000, seed: 3 })

  it('loses no request: each was answered or refused', () => {
    const { offered, done, shed } = result
    const total = (counts: PerPriority) => counts.critical + counts.normal + counts.background
    expect(total(offered)).toBe(50_000)
    expect(total(done) + total(shed)).toBe(50_000)
  })

  it('sheds the least important and keeps the most important', () => {
    const { done, offered, shed } = result
    expect(shed.critical / offered.critical).toBeLessThan(0.001)
    expect(done.background / offered.background).toBeLessThan(done.normal / offered.normal)
  })

  it('answers every admitted request in time', () => {
    expect(result.latency.quantile(0.99)).toBeLessThan(500)
    expect(result.longestMs).toBeLessThan(1_000)
  })

  it('is the same for the same seed, and another for another', () => {
    const run = (seed: number) => simulateProcess(small, { arrivals, requests: 5_000, warmup: 500, seed })
    expect(run(3)).toEqual(run(3))
    expect(run(3).queueMs).not.toBe(run(4).queueMs)
  })
})
