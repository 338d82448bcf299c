import { type Slo, sloOf } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { thresholdAlarms } from '../infra.ts'
import { deployedRules, production } from '../rules.ts'
import type { Scenario } from '../scenario.ts'
import { readServiceTimes, withDatabaseWeight } from '../service-times.ts'
import { recordSimulation } from '../simulation.ts'
import { createWorld } from '../world.ts'
import { CloudWatchMinutes } from './cloudwatch.ts'
import { incidents, quietDay } from './incidents.ts'
import { type MinuteCounts, Minutes } from './minutes.ts'
import type { Overlay } from './overlay.ts'
import { replayAlarms } from './replay.ts'
import { missingMetrics, replayThresholds } from './replay-thresholds.ts'
import { notReplayed, replayed, replayedOfTunnels } from './replayed-alarms.ts'

const slo = sloOf()
const requests = 2_000
// Without the tunnel, whose capacity is assumed: the times to ring are those of origin and database.
const [withTunnel, withoutTunnel] = [createWorld({ requests }), createWorld({ requests, hasTunnel: false })]
const withHeavyDatabase = (weight: number) =>
  createWorld({ requests, hasTunnel: false, times: withDatabaseWeight(readServiceTimes(), weight) })
const rules = deployedRules(production)
const table = thresholdAlarms(production)
const ofAllRuns = table.filter(({ name }) => replayed.includes(name))
const ofTunnels = table.filter(({ name }) => replayedOfTunnels.includes(name))

/** Minutes of a run, as the edge counts and as CloudWatch measures. */
function minutesOf(scenario: Scenario, overlays: readonly Overlay[] = [], world = withoutTunnel) {
  const [edge, cloud] = [
    new Minutes(slo, overlays),
    new CloudWatchMinutes(production.tunnel.tunnels, overlays),
  ]
  const record: Minutes['record'] = (...second) => {
    edge.record(...second)
    cloud.record(...second)
  }
  recordSimulation({ scenario, rules, world }, { record })
  return { counts: edge.minutes, metrics: cloud.minutes }
}

/** Share of the month's budget that the failures of a run spend, if every minute of the month has as many requests. */
function budgetSpent(minutes: readonly MinuteCounts[], { days, objectives }: Slo): number {
  const failed = minutes.reduce((sum, { critical }) => sum + critical.failed, 0)
  const asked = minutes.reduce((sum, { critical }) => sum + critical.answers, 0)
  return failed / ((asked / minutes.length) * days * 1_440 * (1 - objectives.critical.availability))
}

interface Expected {
  readonly beginsAt: number
  /** Longest time until each alarm rings, minutes. */
  readonly within: Readonly<Record<string, number>>
}

function expectRinging(
  rang: readonly { readonly alarm: string; readonly minute: number }[],
  { beginsAt, within }: Expected,
): void {
  expect(rang.map(({ alarm }) => alarm).toSorted()).toEqual(Object.keys(within).toSorted())
  for (const { alarm, minute } of rang) {
    expect(minute, alarm).toBeGreaterThanOrEqual(beginsAt)
    expect(minute - beginsAt, alarm).toBeLessThanOrEqual(within[alarm] ?? 0)
  }
}

const namesOf = (alarms: Readonly<Record<string, number>>) => Object.keys(alarms).join(' and ') || 'nothing'

describe.each(incidents)(
  '$name',
  ({ scenario, overlays, hasTunnel, databaseWeight, beginsAt, rings, limits, costsAtMost }) => {
    const usual = hasTunnel ? withTunnel : withoutTunnel
    const world = databaseWeight === undefined ? usual : withHeavyDatabase(databaseWeight)
    const { counts, metrics } = minutesOf(scenario, overlays, world)
    const alarms = hasTunnel ? [...ofAllRuns, ...ofTunnels] : ofAllRuns

    it(`burns the budget so that ${namesOf(rings)} rings`, () => {
      expectRinging(replayAlarms(counts, slo), { beginsAt, within: rings })
    })

    it(`passes the limits so that ${namesOf(limits)} rings`, () => {
      expectRinging(replayThresholds(metrics, alarms), { beginsAt, within: limits })
    })

    it.runIf(costsAtMost !== undefined)('costs little of the budget', () => {
      expect(budgetSpent(counts, slo)).toBeLessThanOrEqual(costsAtMost ?? 0)
    })
  },
)

const week = <Minute>(day: readonly Minute[]) => Array.from({ length: 7 }, () => day).flat()

describe('days', () => {
  const day = minutesOf(quietDay.scenario, quietDay.overlays, withTunnel)

  it('of a quiet week ring nothing', () => {
    expect(day.counts).toHaveLength(1_440)
    expect(replayAlarms(week(day.counts), slo)).toEqual([])
    expect(replayThresholds(week(day.metrics), [...ofAllRuns, ...ofTunnels])).toEqual([])
  })

  it('have the metrics of every threshold alarm, except of those that are listed with a reason', () => {
    const without = table.filter((alarm) => missingMetrics(alarm, day.metrics).length > 0)
    expect(without.map(({ name }) => name).toSorted()).toEqual(Object.keys(notReplayed).toSorted())
    const names = [...replayed, ...replayedOfTunnels, ...Object.keys(notReplayed)]
    expect(table.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  })

  it('with a fault that wears the budget away ring slowly, after three of them', () => {
    const steady = { ...quietDay.scenario, users: [{ at: 0, users: 20_000 }], seconds: 3_600, incidents: [] }
    const [hour, calm] = [minutesOf(steady, [{ from: 0, to: 3_600, failedShare: 0.002 }]), minutesOf(steady)]
    const days = (count: number) => Array.from({ length: 24 * count }, () => hour.counts).flat()
    const [first, ...others] = replayAlarms([...calm.counts, ...days(4)], slo)
    expect(others).toEqual([])
    expect(first?.alarm).toBe('critical-availability-slow')
    expect((first?.minute ?? 0) / 1_440).toBeGreaterThan(2)
    expect((first?.minute ?? 0) / 1_440).toBeLessThan(3.1)
  })
})
