import { describe, expect, it } from 'vitest'
import { AdaptiveLimit, adaptiveLimitDefaults as defaults } from './adaptive-limit.ts'

const fast = { overloaded: false, latencyMs: 20 }
const full = 10_000
const idle = { utilization: 0.1, queueMs: 0, shed: 0 }
const busy = { utilization: 0.95, queueMs: 0, shed: 0 }

describe('adaptive limit', () => {
  it('grows while it is used and answers are fast', () => {
    const limit = new AdaptiveLimit()
    for (let answer = 0; answer < 100; answer += 1) limit.observe({ ...fast, inflight: full }, answer)
    expect(limit.limit).toBeGreaterThan(defaults.initial)
  })

  it('doubles per round trip while there is no sign of overload', () => {
    const limit = new AdaptiveLimit({ ...defaults, initial: 16 })
    for (let answer = 0; answer < 16; answer += 1) limit.observe({ ...fast, inflight: 16 }, 0)
    expect(limit.limit).toBe(32)
  })

  it('after a sign of overload, doubles if the origin reports room, and grows slowly otherwise', () => {
    const limitAfter = (load: typeof idle | undefined): number => {
      const limit = new AdaptiveLimit({ ...defaults, initial: 20 })
      limit.observe({ overloaded: true, latencyMs: 1, inflight: 20 }, 0)
      expect(limit.limit).toBe(16)
      for (let answer = 0; answer < 16; answer += 1) limit.observe({ ...fast, inflight: 16, load }, 1_000)
      return limit.limit
    }
    expect(limitAfter(idle)).toBe(32)
    expect(limitAfter(busy)).toBe(19)
    expect(limitAfter(undefined)).toBe(19)
    expect(limitAfter({ ...idle, shed: 0.01 })).toBe(19)
    expect(limitAfter({ ...idle, queueMs: 21 })).toBe(19)
  })

  it('ignores network delay of an origin that reports room', () => {
    const slow = { overloaded: false, latencyMs: 900, inflight: 1 }
    const limit = new AdaptiveLimit()
    for (let second = 0; second < 60; second += 1) limit.observe({ ...slow, load: idle }, second * 1_000)
    expect(limit.limit).toBe(defaults.initial)
    limit.observe({ ...slow, load: busy }, 60_000)
    expect(limit.limit).toBeLessThan(defaults.initial)
    const refused = new AdaptiveLimit()
    refused.observe({ ...slow, overloaded: true, load: idle }, 0)
    expect(refused.limit).toBeLessThan(defaults.initial)
  })

  it('tracks the recent service time, and expires it', () => {
    const limit = new AdaptiveLimit()
    expect(limit.serviceMs(0)).toBe(0)
    limit.observe({ overloaded: false, latencyMs: 40, inflight: 1 }, 1_000)
    limit.observe({ overloaded: true, latencyMs: 900, inflight: 1 }, 1_000)
    limit.observe({ overloaded: false, latencyMs: 50, inflight: 1 }, 1_000)
    expect(limit.serviceMs(1_000)).toBe(41)
    expect(limit.serviceMs(3_001)).toBe(0)
  })

  it('does not grow in a quiet hour', () => {
    const limit = new AdaptiveLimit()
    for (let answer = 0; answer < 10_000; answer += 1) limit.observe({ ...fast, inflight: 1 }, answer)
    expect(limit.limit).toBe(defaults.initial)
  })

  it('stays within its bounds', () => {
    const limit = new AdaptiveLimit()
    for (let answer = 0; answer < 1_000_000; answer += 1) limit.observe({ ...fast, inflight: full }, answer)
    expect(limit.limit).toBe(defaults.max)
    for (let second = 0; second < 100; second += 1) {
      limit.observe({ overloaded: true, latencyMs: 1, inflight: full }, 2_000_000 + second * 1_000)
    }
    expect(limit.limit).toBe(defaults.min)
  })

  it('does not count a fast refusal as a fast answer (Netflix/concurrency-limits#176)', () => {
    const limit = new AdaptiveLimit()
    for (let second = 0; second < 5; second += 1) {
      limit.observe({ overloaded: true, latencyMs: 0, inflight: full }, second * 1_000)
    }
    expect(limit.limit).toBeLessThan(defaults.initial)
  })

  it('does not count constant slowness as health (Netflix/concurrency-limits#137)', () => {
    const limit = new AdaptiveLimit()
    for (let second = 0; second < 60; second += 1) {
      limit.observe({ overloaded: false, latencyMs: 5_000, inflight: full }, second * 6_000)
    }
    expect(limit.limit).toBe(defaults.min)
  })

  it('shrinks once for one bad moment', () => {
    const limit = new AdaptiveLimit()
    for (let answer = 0; answer < 50; answer += 1) {
      limit.observe({ overloaded: true, latencyMs: 1_000, inflight: full }, 1_000 + answer)
    }
    expect(limit.limit).toBe(Math.floor(defaults.initial * defaults.decrease))
  })

  it('starts low after an outage, and never higher than it was', () => {
    const limit = new AdaptiveLimit()
    limit.restart()
    expect(limit.limit).toBe(defaults.restart)
    const small = new AdaptiveLimit({ ...defaults, initial: 5 })
    small.restart()
    expect(small.limit).toBe(5)
  })
})
