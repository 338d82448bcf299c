import { describe, expect, it } from 'vitest'
import { EdgeGate, Throttle } from './gate.ts'

describe('the throttle', () => {
  it('passes every request while the origin accepts half of them', () => {
    const throttle = new Throttle()
    for (let second = 0; second < 30; second += 1) {
      expect(throttle.pass(100)).toBe(100)
      throttle.accepted(50)
    }
  })

  it('sends twice as many requests as the origin accepts, whatever the demand', () => {
    const throttle = new Throttle()
    let passed = 0
    for (let second = 0; second < 60; second += 1) {
      passed = throttle.pass(1_000)
      throttle.accepted(Math.min(passed, 100))
    }
    expect(passed).toBeGreaterThan(190)
    expect(passed).toBeLessThan(210)
  })

  it('sends a few probes to an origin that accepts nothing, and recovers within three seconds', () => {
    const throttle = new Throttle()
    for (let second = 0; second < 20; second += 1) {
      throttle.pass(100)
      throttle.accepted(0)
    }
    let passed = throttle.pass(100)
    expect(passed).toBe(10)
    throttle.accepted(passed)
    for (let second = 0; second < 2; second += 1) {
      passed = throttle.pass(100)
      throttle.accepted(passed)
    }
    expect(passed).toBeGreaterThan(95)
  })
})

describe('the load signal', () => {
  const wanted = { critical: 10, normal: 10, background: 10 }

  it('holds back background first, then normal, never critical', () => {
    expect(new EdgeGate().pass(wanted, { utilization: 0.5 })).toEqual(wanted)
    expect(new EdgeGate().pass(wanted, { utilization: 1 })).toEqual({ ...wanted, background: 0 })
    expect(new EdgeGate().pass(wanted, { utilization: 2 })).toEqual({
      critical: 10,
      normal: 0,
      background: 0,
    })
  })
})

it('sends full load at once to an origin that answers again', () => {
  const gate = new EdgeGate()
  const wanted = { critical: 100, normal: 100, background: 100 }
  const news = { utilization: 0 }
  const second = (share: number) => {
    const { critical, normal, background } = gate.pass(wanted, news)
    gate.accepted({ critical: critical * share, normal: normal * share, background: background * share })
    return critical
  }
  for (let i = 0; i < 30; i += 1) second(0)
  second(1)
  expect(second(1)).toBe(100)
})
