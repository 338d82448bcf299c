import { describe, expect, it } from 'vitest'
import { constant, exponential } from '../distribution.ts'
import { meanWait } from '../queueing.ts'
import { type PerPriority, type ProcessModel, simulateProcess } from './process.ts'

const none = constant(0)
const patient = { lengthMax: 1e9, calmWaitMs: 1e9, overloadedWaitMs: 1e9 }
const model: ProcessModel = {
  receiveMs: none,
  workMs: none,
  databaseMs: none,
  answerMs: none,
  inflightMax: 1e9,
  queue: patient,
  deadlineMs: 1e9,
}
const only = (perSecond: number) => ({ critical: 0, normal: perSecond, background: 0 })
const long = { requests: 200_000, warmup: 20_000, seed: 7 }

describe('against queueing theory', () => {
  it.each([
    [1, 0.5],
    [2, 0.8],
    [8, 0.7],
    [8, 0.9],
  ])('M/M/%d at %f of its capacity waits as Erlang C says', (servers, utilization) => {
    const perSecond = (servers * utilization * 1_000) / 10
    const { queueMs } = simulateProcess(
      { ...model, databaseMs: exponential(10), inflightMax: servers },
      { ...long, arrivals: only(perSecond) },
    )
    const expected = meanWait(servers, servers * utilization, 10)
    expect(Math.abs(queueMs / expected - 1)).toBeLessThan(0.06)
  })

  it('the event loop alone is M/D/1: half the wait of M/M/1 (Pollaczek and Khinchine)', () => {
    const { latency, cpu } = simulateProcess(
      { ...model, workMs: constant(1) },
      { ...long, arrivals: only(800) },
    )
    expect(cpu).toBeCloseTo(0.8, 1)
    // Median of M/D/1 lies near its mean of 1 + 0.8 / (2 × 0.2) = 3 ms, below it for the tail's sake.
    expect(latency.quantile(0.5)).toBeGreaterThan(1.9)
    expect(latency.quantile(0.5)).toBeLessThan(3)
  })

  it("in work on average as Little's law says", () => {
    const { inflight } = simulateProcess(
      { ...model, databaseMs: exponential(20) },
      { ...long, arrivals: only(500) },
    )
    expect(Math.abs(inflight / 10 - 1)).toBeLessThan(0.03)
  })
})

describe('overload', () => {
  const small: ProcessModel = {
    receiveMs: constant(0.05),
    workMs: constant(0.2),
    databaseMs: exponential(2),
    answerMs: constant(0.1),
    inflightMax: 32,
    queue: { lengthMax: 256, calmWaitMs: 100, overloadedWaitMs: 20 },
    deadlineMs: 1_000,
  }
  // A process can do 1000 / 0.35 = 2857 a second, and 1000 / 0.3 - what it spends on refusing at ten times that.
  const arrivals = { critical: 1_000, normal: 6_000, background: 3_000 }
  const result = simulateProcess(small, { arrivals, requests: 60_000, warmup: 10_000, seed: 3 })

  it('loses nobody: who came was answered, was refused, or is still there', () => {
    const { offered, done, shed, inSystem } = result
    const total = (counts: PerPriority) => counts.critical + counts.normal + counts.background
    expect(total(offered)).toBe(50_000)
    expect(total(done) + total(shed) + inSystem).toBe(50_000)
  })

  it('sheds the least important and keeps the most important', () => {
    const { done, offered, shed } = result
    expect(shed.critical / offered.critical).toBeLessThan(0.001)
    expect(done.background).toBe(0)
  })

  it('bounds the wait of those it admits', () => {
    expect(result.latency.max).toBeLessThan(200)
  })

  it('is the same for the same seed, and another for another', () => {
    const run = (seed: number) => simulateProcess(small, { arrivals, requests: 5_000, warmup: 500, seed })
    expect(run(3)).toEqual(run(3))
    expect(run(3).queueMs).not.toBe(run(4).queueMs)
  })
})
