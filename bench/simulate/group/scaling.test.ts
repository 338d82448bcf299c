import { describe, expect, it } from 'vitest'
import { Scaler } from './scaler.ts'
import type { ScalingPolicy, ScalingRules, StepScaling, TargetTracking } from './scaling-rules.ts'
import { adjustment, roundAdjustment, takeStep } from './step-scaling.ts'
import { trackTarget } from './target-tracking.ts'

const cpu50: TargetTracking = { kind: 'target', metric: 'cpuPercent', target: 50 }
const size = (current: number, desired = current) => ({ current, desired })
const times = (count: number, value: number) => new Array<number>(count).fill(value)

describe('target tracking, by the examples of the EC2 Auto Scaling User Guide', () => {
  it('adds two instances where one and a half are wanted', () => {
    expect(trackTarget(cpu50, times(3, 75), size(3))).toBe(5)
  })

  it('removes one where one and a half could go', () => {
    expect(trackTarget(cpu50, times(15, 25), size(3))).toBe(2)
  })

  it('waits for three periods above the target', () => {
    expect(trackTarget(cpu50, [90, 90], size(3))).toBeUndefined()
    expect(trackTarget(cpu50, [90, 40, 90], size(3))).toBeUndefined()
    expect(trackTarget(cpu50, [40, 51, 60, 70], size(3))).toBe(5)
  })

  it('waits for fifteen periods below seven tenths of it', () => {
    expect(trackTarget(cpu50, times(14, 10), size(10))).toBeUndefined()
    expect(trackTarget(cpu50, times(15, 36), size(10))).toBeUndefined()
    expect(trackTarget(cpu50, times(15, 34), size(10))).toBe(7)
  })

  it('does not count what is warming up, and does not add it twice', () => {
    expect(trackTarget(cpu50, times(3, 75), size(4, 6))).toBe(6)
    expect(trackTarget(cpu50, times(3, 100), size(4, 6))).toBe(8)
  })
})

const guide = (direction: 'out' | 'in'): StepScaling => ({
  kind: 'step',
  metric: 'cpuPercent',
  direction,
  adjustment: 'percent',
  periods: 1,
  steps:
    direction === 'out'
      ? [
          { at: 60, change: 10 },
          { at: 70, change: 30 },
        ]
      : [
          { at: 40, change: -10 },
          { at: 30, change: -30 },
        ],
})

describe('step scaling, by the example of the EC2 Auto Scaling User Guide', () => {
  it.each([
    ['at 60 adds 10 % of 10', 'out', 60, size(10), 11],
    ['at 62 while that one warms up adds nothing', 'out', 62, size(10, 11), 11],
    ['at 70 while that one warms up adds two more', 'out', 70, size(10, 11), 13],
    ['at 70 once it is warm adds 30 % of 11, rounded down', 'out', 70, size(11), 14],
    ['at 59 adds nothing', 'out', 59, size(10), undefined],
    ['at 40 removes 10 % of 14, rounded down', 'in', 40, size(14), 13],
    ['at 30 removes 30 % of 13, rounded down', 'in', 30, size(13), 10],
  ] as const)('%s', (_name, direction, value, group, wanted) => {
    expect(takeStep(guide(direction), [value], group)).toBe(wanted)
  })

  it.each([
    [12.7, 12],
    [0.67, 1],
    [-0.58, -1],
    [-6.67, -6],
    [0, 0],
  ])('rounds %f to %d', (value, rounded) => {
    expect(roundAdjustment(value)).toBe(rounded)
  })

  it('adds two where 25 % of four is one and the least is two', () => {
    expect(adjustment({ adjustment: 'percent', magnitudeMin: 2 }, 25, 4)).toBe(2)
  })

  it('can set a size, and can change by a number', () => {
    const exact = { ...guide('out'), adjustment: 'exact', steps: [{ at: 60, change: 12 }] } as const
    expect(takeStep(exact, [61], size(3))).toBe(12)
    const more = { ...exact, adjustment: 'change', steps: [{ at: 60, change: 5 }] } as const
    expect(takeStep(more, [61], size(3))).toBe(8)
  })

  it('waits for the configured number of periods', () => {
    expect(takeStep({ ...guide('out'), periods: 2 }, [59, 80], size(10))).toBeUndefined()
    expect(takeStep({ ...guide('out'), periods: 2 }, [60, 80], size(10))).toBe(13)
  })
})

describe('several policies', () => {
  const rules = (policies: readonly ScalingPolicy[]): ScalingRules => ({
    name: 'test',
    instanceType: 'any',
    processes: 1,
    min: 2,
    max: 12,
    warm: 0,
    warmupSeconds: 60,
    periodSeconds: 60,
    policies,
  })
  const values = { requestsPerTarget: 0, cpuPercent: 0, poolWaitMs: 0, shedPercent: 0, requestsPerSecond: 0 }
  const requests: TargetTracking = { kind: 'target', metric: 'requestsPerTarget', target: 100 }
  const still = { current: 6, desired: 6, growing: false }

  function decide(
    policies: readonly ScalingPolicy[],
    periods: readonly Partial<typeof values>[],
    group = still,
  ) {
    const scaler = new Scaler(rules(policies))
    for (const period of periods) scaler.observe({ ...values, ...period })
    return scaler.decide(group)
  }

  it('the largest wanted size wins, within the limits', () => {
    const hot = { cpuPercent: 75, requestsPerTarget: 110 }
    expect(decide([cpu50, requests], [hot, hot, hot])).toBe(9)
    expect(decide([cpu50], new Array(3).fill({ cpuPercent: 500 }))).toBe(12)
  })

  it('a growing policy wins over a shrinking one', () => {
    const mixed = new Array(15).fill({ cpuPercent: 75, requestsPerTarget: 10 })
    expect(decide([cpu50, requests], mixed)).toBe(9)
  })

  it('shrinks only when every target-tracking policy does, and to the largest of their sizes', () => {
    const half = new Array(15).fill({ cpuPercent: 10, requestsPerTarget: 90 })
    expect(decide([cpu50, requests], half)).toBe(6)
    const both = new Array(15).fill({ cpuPercent: 10, requestsPerTarget: 50 })
    expect(decide([cpu50, requests], both)).toBe(3)
    expect(decide([cpu50], both)).toBe(2)
  })

  it('does not shrink while an instance is on its way', () => {
    const idle = new Array(15).fill({ cpuPercent: 10 })
    expect(decide([cpu50], idle, { ...still, growing: true })).toBe(6)
  })
})
