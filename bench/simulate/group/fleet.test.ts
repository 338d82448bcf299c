import { describe, expect, it } from 'vitest'
import { Fleet, fleetTimes } from './fleet.ts'
import type { ScalingRules } from './scaling-rules.ts'

const rules: ScalingRules = {
  name: 'test',
  instanceType: 'any',
  processes: 2,
  min: 3,
  max: 12,
  warm: 0,
  warmupSeconds: 60,
  periodSeconds: 60,
  policies: [],
}
/** Every boot takes exactly its time. */
const even = () => 0.5

function run(fleet: Fleet, from: number, to: number): void {
  for (let second = from; second <= to; second += 1) fleet.step(second)
}

const cold = fleetTimes.coldBoot + fleetTimes.registration
const warm = fleetTimes.warmStart + fleetTimes.registration

describe('growing', () => {
  it('takes a boot and two health checks, and counts for scaling after the warm-up', () => {
    const fleet = new Fleet(rules, 3, even)
    fleet.scale(5)
    run(fleet, 0, cold + 60)
    expect([cold - 1, cold].map((second) => fleet.inService(second))).toEqual([3, 5])
    expect([cold + 59, cold + 60].map((second) => fleet.current(second))).toEqual([3, 5])
    expect(fleet.isGrowing(cold + 59)).toBe(true)
    expect(fleet.isGrowing(cold + 60)).toBe(false)
  })

  it('is faster from the warm pool, which empties as the group grows and is refilled as it shrinks', () => {
    const fleet = new Fleet({ ...rules, warm: 2 }, 3, even)
    expect(fleet.warmReady(0)).toBe(2)
    fleet.scale(6)
    run(fleet, 0, 1)
    expect([warm, cold].map((second) => fleet.inService(second))).toEqual([5, 6])
    expect(fleet.warmReady(1)).toBe(0)
    // Prepared are 3 + 2, and 6 are wanted.
    run(fleet, 2, fleetTimes.coldBoot + 1)
    expect(fleet.warmReady(fleetTimes.coldBoot + 1)).toBe(0)
    fleet.scale(4)
    run(fleet, 200, 500)
    expect(fleet.warmReady(500)).toBe(1)
  })

  it('gives a new instance its full share after the slow start', () => {
    const fleet = new Fleet(rules, 3, even)
    fleet.scale(4)
    run(fleet, 0, cold)
    expect(fleet.weights(cold).live).toBeCloseTo(3.1)
    expect(fleet.weights(cold + 15).live).toBeCloseTo(3.5)
    expect(fleet.weights(cold + 30).live).toBe(4)
  })
})

describe('shrinking', () => {
  it('drains: no more requests at once, connections until the process ends', () => {
    const fleet = new Fleet(rules, 6, even)
    fleet.scale(4)
    run(fleet, 0, 0)
    expect(fleet.inService(0)).toBe(4)
    expect(fleet.connected(0)).toBe(6)
    run(fleet, 1, fleetTimes.drain)
    expect(fleet.connected(fleetTimes.drain)).toBe(4)
  })
})

describe('a refresh', () => {
  it('puts new before old, a third at a time: capacity never dips', () => {
    const fleet = new Fleet(rules, 6, even)
    fleet.refresh()
    let [least, most] = [99, 0]
    for (let second = 0; second < 1_200; second += 1) {
      fleet.step(second)
      least = Math.min(least, fleet.inService(second))
      most = Math.max(most, fleet.connected(second))
    }
    expect(least).toBe(6)
    expect(most).toBeLessThanOrEqual(6 + 2 + 2)
    expect(fleet.refreshing).toBe(false)
  })
})

describe('the loss of a zone', () => {
  it('fails requests until health checks notice, then is made good in the other zones', () => {
    const fleet = new Fleet(rules, 6, even)
    run(fleet, 0, 9)
    fleet.loseZone(1, 10)
    run(fleet, 10, 10)
    expect(fleet.weights(10)).toEqual({ live: 4, dead: 2 })
    expect(fleet.weights(10 + fleetTimes.unhealthy)).toEqual({ live: 4, dead: 0 })
    const back = 10 + fleetTimes.unhealthy + fleetTimes.replace + cold
    run(fleet, 11, back)
    expect(fleet.inService(back - 1)).toBe(4)
    expect(fleet.inService(back)).toBe(6)
  })
})
