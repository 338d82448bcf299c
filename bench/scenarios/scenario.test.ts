import { load } from '@spillway/origin/fixture'
import { describe, expect, it } from 'vitest'
import { checkLoad } from './bounds.ts'
import { findScenario, scenarioNames, scenarioOf } from './catalogue.ts'
import { durationMs, lasting, peakOf, rateCurve, scaledBy, usersMax } from './scenario.ts'

const spike = scenarioOf('spike', load)
const herd = scenarioOf('thundering-herd', load)

describe.each(scenarioNames)('the scenario %s', (name) => {
  const scenario = findScenario(name, load)

  it('goes forward in time, has users and something to show', () => {
    const times = scenario.users.map(({ atMs }) => atMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(durationMs(scenario)).toBeGreaterThan(0)
    expect(usersMax(scenario)).toBeGreaterThan(0)
    expect(scenario.thresholds.length).toBeGreaterThan(0)
    expect(scenario.name).toBe(name)
  })
})

it('names the scenarios there are where one is asked for that is not', () => {
  expect(() => findScenario('surprise', load)).toThrow(/spike, ramp, soak/)
})

it('scales users and documents, and no time', () => {
  const small = scaledBy(spike, 1 / 100)
  expect(usersMax(small)).toBe(1_000)
  expect(small.documents).toBe(243)
  expect(durationMs(small)).toBe(durationMs(spike))
  expect(small.behaviour).toEqual(spike.behaviour)
  // 1,000 users, each a request a second.
  expect(Math.max(...rateCurve(small).map(({ perSecond }) => perSecond))).toBe(1_000)
})

it.each([0, -1, 1.5, Number.NaN])('refuses %d as a scale', (scale) => {
  expect(() => scaledBy(spike, scale)).toThrow(RangeError)
})

it('shortens every time of a scenario alike, and leaves rates as they are', () => {
  const short = lasting(herd, 45_000)
  expect(durationMs(short)).toBe(45_000)
  expect(short.outage).toEqual({ fromMs: 10_000, toMs: 20_000 })
  expect(rateCurve(short)[0]).toEqual(rateCurve(herd)[0])
})

it('finds the longest time at the peak of users', () => {
  expect(peakOf(spike)).toEqual({ fromMs: 15_000, toMs: 75_000 })
})

describe('the bounds of a load', () => {
  const mine = { iOwnThisTarget: true }
  const small = scaledBy(spike, 1 / 100)

  it('let this machine be loaded', () => {
    expect(() => checkLoad(small, 'http://127.0.0.1:8787', { iOwnThisTarget: false })).not.toThrow()
  })

  it('keep load from the machines of others', () => {
    expect(() => checkLoad(small, 'https://api.example.com', { iOwnThisTarget: false })).toThrow(
      /--i-own-this-target/,
    )
    expect(() => checkLoad(small, 'https://api.example.com', mine)).not.toThrow()
  })

  it('end at a rate, and name the scale that keeps it', () => {
    expect(() => checkLoad(spike, 'https://api.example.com', mine)).toThrow(/--scale 0\.02/)
    const bounds = { requestsPerSecondMax: 100_000 }
    expect(() => checkLoad(spike, 'https://api.example.com', { ...mine, bounds })).not.toThrow()
  })

  it('end after a time, also on this machine', () => {
    const soak = scaledBy(scenarioOf('soak', load), 1 / 100)
    expect(() => checkLoad(soak, 'http://localhost', mine)).toThrow(/--seconds-max 3600/)
  })
})
