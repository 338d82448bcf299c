import { type Slo, sloOf } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { deployedRules, production } from '../rules.ts'
import type { Scenario } from '../scenario.ts'
import { recordSimulation } from '../simulation.ts'
import { createWorld } from '../world.ts'
import { incidents, quietDay } from './incidents.ts'
import { type MinuteCounts, Minutes, type Overlay } from './minutes.ts'
import { replayAlarms } from './replay.ts'

const slo = sloOf()
// Without the tunnel, whose capacity is assumed: the times to ring are those of origin and database.
const world = createWorld({ requests: 2_000, hasTunnel: false })
const rules = deployedRules(production)

function minutesOf(scenario: Scenario, overlays: readonly Overlay[] = []): readonly MinuteCounts[] {
  const minutes = new Minutes(slo, overlays)
  recordSimulation({ scenario, rules, world }, minutes)
  return minutes.minutes
}

/** Share of the month's budget that the failures of a run spend, if every minute of the month has as many requests. */
function budgetSpent(minutes: readonly MinuteCounts[], { days, objectives }: Slo): number {
  const failed = minutes.reduce((sum, { critical }) => sum + critical.failed, 0)
  const asked = minutes.reduce((sum, { critical }) => sum + critical.answers, 0)
  return failed / ((asked / minutes.length) * days * 1_440 * (1 - objectives.critical.availability))
}

describe.each(incidents)('$name', ({ scenario, overlays, beginsAt, rings, costsAtMost }) => {
  const minutes = minutesOf(scenario, overlays)
  const rang = replayAlarms(minutes, slo)

  it(`rings ${Object.keys(rings).join(' and ') || 'nothing'}`, () => {
    expect(rang.map(({ alarm }) => alarm).toSorted()).toEqual(Object.keys(rings).toSorted())
    for (const { alarm, minute } of rang) {
      expect(minute, alarm).toBeGreaterThanOrEqual(beginsAt)
      expect(minute - beginsAt, alarm).toBeLessThanOrEqual(rings[alarm] ?? 0)
    }
  })

  it.runIf(costsAtMost !== undefined)('costs little of the budget', () => {
    expect(budgetSpent(minutes, slo)).toBeLessThanOrEqual(costsAtMost ?? 0)
  })
})

describe('days', () => {
  const week = (day: readonly MinuteCounts[]) => Array.from({ length: 7 }, () => day).flat()

  it('of a quiet week ring nothing', () => {
    const day = minutesOf(quietDay.scenario, quietDay.overlays)
    expect(day).toHaveLength(1_440)
    expect(replayAlarms(week(day), slo)).toEqual([])
  })

  it('with a fault that wears the budget away ring slowly, after three of them', () => {
    const steady = { ...quietDay.scenario, users: [{ at: 0, users: 20_000 }], seconds: 3_600, incidents: [] }
    const [hour, calm] = [minutesOf(steady, [{ from: 0, to: 3_600, failedShare: 0.002 }]), minutesOf(steady)]
    const days = (count: number) => Array.from({ length: 24 * count }, () => hour).flat()
    const [first, ...others] = replayAlarms([...calm, ...days(4)], slo)
    expect(others).toEqual([])
    expect(first?.alarm).toBe('critical-availability-slow')
    expect((first?.minute ?? 0) / 1_440).toBeGreaterThan(2)
    expect((first?.minute ?? 0) / 1_440).toBeLessThan(3.1)
  })
})
