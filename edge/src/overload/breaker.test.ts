import { describe, expect, it } from 'vitest'
import { Breaker, breakerDefaults as defaults, type Passage } from './breaker.ts'

const open = (nowMs = 0): Breaker => {
  const breaker = new Breaker()
  for (let failure = 0; failure < defaults.failuresMax; failure += 1) breaker.failed(0, nowMs, 1)
  return breaker
}

describe('breaker', () => {
  it('opens only after consecutive failures', () => {
    const breaker = new Breaker()
    for (let failure = 1; failure < defaults.failuresMax; failure += 1) breaker.failed(0, 0, 1)
    expect(breaker.state(0)).toBe('closed')
    breaker.succeeded()
    breaker.failed(0, 0, 1)
    expect(breaker.state(0)).toBe('closed')
    expect(open().state(0)).toBe('open')
  })

  it('lets one probe through at a time', () => {
    const breaker = open()
    expect(breaker.pass(defaults.openMs - 1)).toBeUndefined()
    expect(breaker.pass(defaults.openMs)).toBeDefined()
    expect(breaker.pass(defaults.openMs)).toBeUndefined()
  })

  it('closes with the first successful probe, and reports it once', () => {
    const breaker = open()
    breaker.pass(defaults.openMs)
    expect(breaker.succeeded()).toBe(true)
    expect(breaker.succeeded()).toBe(false)
    expect(breaker.state(defaults.openMs)).toBe('closed')
  })

  it('waits longer after each failed probe, up to a bound', () => {
    const breaker = open()
    const waits: number[] = []
    let nowMs = 0
    for (let probe = 0; probe < 6; probe += 1) {
      nowMs += breaker.openForMs(nowMs)
      breaker.failed(breaker.pass(nowMs) as Passage, nowMs, 1)
      waits.push(breaker.openForMs(nowMs))
    }
    expect(waits).toEqual([500, 1_000, 2_000, 2_000, 2_000, 2_000])
  })

  it('spreads probes over half of the time', () => {
    const breaker = new Breaker()
    for (let failure = 0; failure < defaults.failuresMax; failure += 1) breaker.failed(0, 0, 0)
    expect(breaker.openForMs(0)).toBe(defaults.openMs / 2)
  })

  it('is not kept open by requests that were in flight when it opened', () => {
    const breaker = open()
    breaker.failed(0, 100, 1)
    expect(breaker.openForMs(100)).toBe(defaults.openMs - 100)
  })

  it('frees the probe slot when a probe is abandoned or lost', () => {
    const breaker = open()
    const calledOff = breaker.pass(defaults.openMs) as Passage
    breaker.abandoned(calledOff)
    expect(breaker.pass(defaults.openMs)).toBeDefined()
    expect(breaker.pass(defaults.openMs + defaults.probeMs)).toBeDefined()
    // The late result of a lost probe says nothing about its successor.
    breaker.failed(calledOff, defaults.openMs + defaults.probeMs, 1)
    expect(breaker.openForMs(defaults.openMs + defaults.probeMs)).toBe(0)
  })
})
