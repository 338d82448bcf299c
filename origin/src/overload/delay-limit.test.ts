import { describe, expect, it } from 'vitest'
import { DelayLimit, type DelayLimitOptions } from './delay-limit.ts'

/**
 * Runs a closed loop: as many requests as the limit allows are in service, and `serviceMs` gives the time that each
 * takes.
 */
function run(
  limit: DelayLimit,
  durationMs: number,
  serviceMs: (inflight: number) => number | 'dropped',
  startMs = 0,
  offered = Number.POSITIVE_INFINITY,
): void {
  for (let now = startMs; now < startMs + durationMs; now += 10) {
    const inflight = Math.min(limit.current, offered)
    const time = serviceMs(inflight)
    for (let request = 0; request < 10; request += 1) {
      limit.onSample({
        serviceMs: time === 'dropped' ? 0 : time,
        inflight,
        isDropped: time === 'dropped',
        now,
      })
    }
  }
}

const make = (options: DelayLimitOptions = {}) =>
  new DelayLimit({ initial: 64, limitMin: 8, limitMax: 1_000, delayMs: 100, windowMs: 100, ...options })

/** A processor: 2 ms at rest, and 0.5 ms more for each request beside it. */
const processor = (inflight: number) => 2 + inflight * 0.5

describe('delay limit', () => {
  it('grows until service takes the time that it may take, and stays there', () => {
    const limit = make()
    run(limit, 20_000, processor)
    expect(processor(limit.current)).toBeGreaterThan(60)
    expect(processor(limit.current)).toBeLessThan(125)
  })

  it('begins with room for a burst of two hundred', () => {
    expect(new DelayLimit().current * 0.9).toBeGreaterThan(200)
  })

  it('doubles while hardly any of the allowed delay is used, and creeps beyond that', () => {
    const limit = make({ initial: 8 })
    run(limit, 1_000, () => 5)
    expect(limit.current).toBeGreaterThan(200)
    const closer = make({ initial: 64 })
    run(closer, 100, () => 51)
    expect(closer.current).toBe(72)
  })

  it('doubles to twice the load at the most, however high it stood', () => {
    const limit = make({ initial: 64 })
    run(limit, 2_000, () => 5, 0, 40)
    expect(limit.current).toBeLessThanOrEqual(90)
  })

  describe('changes once a round trip: requests from before a change say nothing about it', () => {
    const windowOf = (limit: DelayLimit, now: number, serviceMs: number, isDropped = false) => {
      for (let request = 0; request < 10; request += 1) {
        limit.onSample({ serviceMs, inflight: limit.current, isDropped, now })
      }
      return limit.current
    }

    it('when it grows', () => {
      const limit = make({ initial: 16, windowMs: 20 })
      expect(windowOf(limit, 0, 40)).toBe(32)
      expect(windowOf(limit, 39, 40)).toBe(32)
      expect(windowOf(limit, 60, 40)).toBe(64)
    })

    it('when it is cut', () => {
      const limit = make({ initial: 256, windowMs: 20 })
      expect(windowOf(limit, 0, 400)).toBe(128)
      expect(windowOf(limit, 200, 400)).toBe(128)
      expect(windowOf(limit, 399, 400, true)).toBe(128)
      expect(windowOf(limit, 420, 400)).toBe(64)
    })
  })

  it('follows a service that becomes four times slower, and comes back', () => {
    const limit = make()
    run(limit, 20_000, processor)
    const before = limit.current
    run(limit, 5_000, (inflight) => 4 * processor(inflight), 20_000)
    expect(limit.current).toBeLessThan(before / 2)
    run(limit, 20_000, processor, 25_000)
    expect(limit.current).toBeGreaterThan(before * 0.7)
  })

  it('does not grow on load that stays far below it', () => {
    const limit = make()
    run(limit, 10_000, () => 2, 0, 20)
    expect(limit.current).toBe(64)
  })

  it('recovers from a database that is slower than the allowed delay without being overloaded', () => {
    const limit = make()
    run(limit, 60_000, () => 180)
    expect(limit.current).toBeGreaterThan(200)
  })

  it('allows four times the no-load service time of a slow database, and no more than its cap and the delay', () => {
    const targetAfter = (noLoadMs: number): number => {
      const limit = make()
      run(limit, 30_000, () => noLoadMs, 0, 4)
      return Math.round(limit.targetMs)
    }
    expect([10, 60, 200].map(targetAfter)).toEqual([110, 240, 350])
    const limit = make()
    run(limit, 30_000, () => 60, 0, 4)
    const before = limit.current
    run(limit, 1_000, () => 200, 30_000)
    expect(limit.current).toBeGreaterThan(before)
  })

  it('knows a slow database after its first quiet window, however loaded it was before', () => {
    const limit = make()
    run(limit, 10_000, (inflight) => 60 + inflight)
    expect(limit.targetMs).toBe(100)
    run(limit, 500, () => 60, 10_000, 4)
    expect(Math.round(limit.targetMs)).toBe(240)
  })

  it('unlearns a first window that was slow, e.g. of a cold process', () => {
    const limit = make()
    run(limit, 100, () => 250, 0, 4)
    expect(limit.targetMs).toBe(350)
    run(limit, 5_000, () => 10, 1_000, 40)
    expect(limit.targetMs).toBeLessThan(115)
  })

  /** https://github.com/Netflix/concurrency-limits/issues/176 */
  it('a dropped request is not a fast one, and a stray one changes nothing', () => {
    const collapsing = make()
    run(collapsing, 1_000, () => 'dropped')
    expect(collapsing.current).toBe(8)

    const steady = make()
    run(steady, 20_000, processor)
    const before = steady.current
    for (let request = 0; request < 200; request += 1) {
      const isDropped = request % 50 === 0
      const serviceMs = isDropped ? 0 : processor(before)
      steady.onSample({ serviceMs, inflight: before, isDropped, now: 20_000 + request })
    }
    expect(steady.current).toBeGreaterThan(before * 0.8)
  })

  /** https://github.com/Netflix/concurrency-limits/issues/137 */
  it('a service in which everything takes a constant 5 s is not healthy', () => {
    const limit = make()
    run(limit, 120_000, () => 5_000)
    expect(limit.current).toBe(8)
  })

  /** https://github.com/Netflix/concurrency-limits/issues/165 and /134 */
  it('lasting load does not teach it that being slow is normal', () => {
    const limit = make()
    run(limit, 20_000, processor)
    const { targetMs } = limit
    run(limit, 3_600_000, processor, 20_000)
    expect(limit.targetMs).toBeLessThanOrEqual(targetMs)
    expect(processor(limit.current)).toBeLessThan(125)
  })

  /** The same issues: a no-load time that was learnt on a bad day and that load never lets it learn anew. */
  it('what it learnt of a slow database it unlearns under everyday load, which is never next to nothing', () => {
    const limit = make()
    run(limit, 60_000, () => 180)
    run(limit, 10_000, processor, 60_000, 40)
    // At most the time of forty at once, 22 ms, and the delay on top of it; a step of the limit may stand out.
    expect(limit.targetMs).toBeLessThan(123)
    run(limit, 60_000, processor, 70_000)
    expect(processor(limit.current)).toBeLessThan(135)
  })
})
