import { describe, expect, it } from 'vitest'
import { type Second, success } from './ledger.ts'
import { deployedRules, production } from './rules.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { recordSimulation, simulate } from './simulation.ts'
import { createWorld } from './world.ts'

const steady: Scenario = {
  name: 'steady',
  title: '',
  seconds: 600,
  users: [{ at: 0, users: 50_000 }],
  incidents: [],
  settle: 60,
  dataCentres: 20,
}
const rules = deployedRules(production)
const world = createWorld({ requests: 2_000 })
/** Requests so heavy that the smallest group cannot carry what comes. */
const heavyWorld = createWorld({ requests: 500, weight: 10 })

describe('a simulation', () => {
  it('loses no request: each was served, refused or failed', () => {
    const crowded = { ...steady, seconds: 200, users: [{ at: 0, users: 300_000 }] }
    const { outcomes } = simulate(crowded, rules, heavyWorld).totals
    for (const { asked, served, refused, failed } of Object.values(outcomes)) {
      expect((served + refused + failed) / asked).toBeCloseTo(1, 9)
    }
    expect(outcomes.background.refused).toBeGreaterThan(0)
  })

  it('sends requests at the rate of the users’ think time', () => {
    const { outcomes } = simulate(steady, rules, world).totals
    const asked = outcomes.critical.asked + outcomes.normal.asked + outcomes.background.asked
    const expected = (50_000 / world.thinkSeconds) * 600
    expect(Math.abs(asked / expected - 1)).toBeLessThan(0.01)
  })

  it('is the same for the same seed, and another for another', () => {
    const short = { ...steady, seconds: 60 }
    const run = (seed: number) => simulate(short, rules, { ...world, seed }).totals
    expect(run(1)).toEqual(run(1))
    expect(run(1).dollars).not.toBe(run(2).dollars)
  })

  it('grows the group when the origin refuses, never past its maximum', () => {
    const crowded = { ...steady, users: [{ at: 0, users: 150_000 }] }
    const { totals } = simulate(crowded, rules, heavyWorld)
    expect(totals.inServiceMax).toBeGreaterThan(rules.min)
    expect(totals.inServiceMax).toBeLessThanOrEqual(rules.max)
  })

  it('costs more at a higher demand', () => {
    const dollars = (users: number) =>
      simulate({ ...steady, seconds: 60, users: [{ at: 0, users }] }, rules, world).totals.dollars
    expect(dollars(50_000)).toBeGreaterThan(dollars(1_000))
  })
})

it('a flash crowd beyond the database keeps it busy, and gets no more than it can do', () => {
  const wholeCrowd = scenarios.find(({ name }) => name === 'crowd') ?? steady
  // The group is at its maximum from minute 9 on: six minutes show what the remaining ten repeat.
  const crowd = { ...wholeCrowd, seconds: 15 * 60 }
  const seconds: Second[] = []
  const record = (second: Second): void => void seconds.push(second)
  recordSimulation(
    { scenario: crowd, rules, world: createWorld({ requests: 2_000, hasTunnel: false }) },
    { record },
  )
  for (let minute = 9; minute < 15; minute += 1) {
    const part = seconds.slice(minute * 60, minute * 60 + 60)
    const mean = (value: (second: Second) => number) =>
      part.reduce((sum, second) => sum + value(second), 0) / part.length
    expect(
      mean(({ databaseBusy }) => databaseBusy),
      `minute ${minute}`,
    ).toBeGreaterThan(0.7)
    const capacity = rules.max * rules.processes * world.responses.capacityPerSecond
    expect(
      mean(({ monitored }) => monitored.requests),
      `minute ${minute}`,
    ).toBeLessThan(2 * capacity)
  }
})

describe('an incident', () => {
  const seconds = 300

  it('in a zone fails its requests until health checks notice, and none after', () => {
    const incidents = [{ at: 60, kind: 'zone-loss', zone: 0, seconds: 200 }] as const
    const { totals, samples } = simulate({ ...steady, seconds, incidents }, rules, world)
    expect(totals.outcomes.critical.failed).toBeGreaterThan(0)
    expect(samples.find(({ at }) => at >= 80)?.lostPercent.critical).toBeLessThan(0.1)
  })

  it('at the database fails requests that only the origin can answer, for less than a minute and a half', () => {
    const incidents = [{ at: 60, kind: 'database-failover' }] as const
    const { totals, samples } = simulate({ ...steady, seconds, incidents }, rules, world)
    expect(success(totals.outcomes.critical)).toBeLessThan(0.95)
    expect(success(totals.outcomes.normal)).toBeGreaterThan(0.97)
    expect(samples.find(({ at }) => at >= 150)?.lostPercent.critical).toBeLessThan(0.1)
  })

  it('by a deployment fails no request', () => {
    const incidents = [{ at: 60, kind: 'deploy' }] as const
    const { totals } = simulate({ ...steady, seconds, incidents }, rules, world)
    expect(success(totals.outcomes.critical)).toBe(1)
    expect(totals.connectionsMax).toBeGreaterThan(rules.min * rules.processes * 26)
  })
})
