import { describe, expect, it } from 'vitest'
import type { PerPriority } from '../process/model.ts'
import { EdgeGate, Throttle } from './gate.ts'

describe('the throttle', () => {
  it('passes every request while the origin accepts half of them', () => {
    const throttle = new Throttle()
    for (let second = 0; second < 30; second += 1) {
      expect(throttle.pass(100, 50)).toBe(100)
      throttle.accepted(50)
    }
  })

  it.each([1_000, 100_000])(
    'sends twice what the origin accepts, in each second of a demand of %d',
    (wanted) => {
      const throttle = new Throttle()
      for (let second = 0; second < 60; second += 1) {
        const passed = throttle.pass(wanted, 100)
        throttle.accepted(Math.min(passed, 100))
        // The window still has the quiet seconds before.
        if (second < 4) continue
        expect(passed).toBeGreaterThan(190)
        expect(passed).toBeLessThan(210)
      }
    },
  )

  it('sends a few probes to an origin that accepts nothing, and recovers within three seconds', () => {
    const throttle = new Throttle()
    for (let second = 0; second < 20; second += 1) {
      throttle.pass(100, 0)
      throttle.accepted(0)
    }
    let passed = throttle.pass(100, 100)
    expect(passed).toBe(10)
    throttle.accepted(passed)
    for (let second = 0; second < 2; second += 1) {
      passed = throttle.pass(100, 100)
      throttle.accepted(passed)
    }
    expect(passed).toBeGreaterThan(95)
  })
})

describe('the load signal', () => {
  const wanted = { critical: 10, normal: 10, background: 10 }
  const answerable = (sent: PerPriority) => sent

  it('holds back background first, then normal, never critical', () => {
    expect(new EdgeGate().pass(wanted, { utilization: 0.5, answerable })).toEqual(wanted)
    expect(new EdgeGate().pass(wanted, { utilization: 1, answerable })).toEqual({ ...wanted, background: 0 })
    expect(new EdgeGate().pass(wanted, { utilization: 2, answerable })).toEqual({
      critical: 10,
      normal: 0,
      background: 0,
    })
  })
})

it('sends full load at once to an origin that answers again', () => {
  const gate = new EdgeGate()
  const wanted = { critical: 100, normal: 100, background: 100 }
  const second = (share: number) => {
    const answerable = ({ critical, normal, background }: PerPriority) => ({
      critical: critical * share,
      normal: normal * share,
      background: background * share,
    })
    const { critical, normal, background } = gate.pass(wanted, { utilization: 0, answerable })
    gate.accepted({ critical: critical * share, normal: normal * share, background: background * share })
    return critical
  }
  for (let i = 0; i < 30; i += 1) second(0)
  second(1)
  expect(second(1)).toBe(100)
})
