import { describe, expect, it } from 'vitest'
import { AdaptiveLimit, adaptiveLimitDefaults as defaults } from './adaptive-limit.ts'

const fast = { overloaded: false, latencyMs: 20 }
const full = 10_000

describe('adaptive limit', () => {
  it('grows while it is used and answers are fast', () => {
    const limit = new AdaptiveLimit()
    for (let answer = 0; answer < 100; answer += 1) limit.observe({ ...fast, inflight: full }, answer)
    expect(limit.limit).toBeGreaterThan(defaults.initial)
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

  it('does not take a fast refusal for a fast answer (Netflix/concurrency-limits#176)', () => {
    const limit = new AdaptiveLimit()
    for (let second = 0; second < 5; second += 1) {
      limit.observe({ overloaded: true, latencyMs: 0, inflight: full }, second * 1_000)
    }
    expect(limit.limit).toBeLessThan(defaults.initial)
  })

  it('does not take a constant slowness for health (Netflix/concurrency-limits#137)', () => {
    const limit = new AdaptiveLimit()
    for (let second = 0; second < 60; second += 1) {
      limit.observe({ overloaded: false, latencyMs: 5_000, inflight: full }, second * 6_000)
    }
    expect(limit.limit).toBe(defaults.min)
  })

  it('punishes one bad moment once', () => {
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
