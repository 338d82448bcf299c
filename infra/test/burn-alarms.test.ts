import { priorities } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { originNamespace, sloMetrics } from '../src/origin-metrics.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

interface Window {
  readonly AlarmName: string
  readonly AlarmActions?: unknown
  readonly EvaluationPeriods: number
  readonly DatapointsToAlarm: number
  readonly Threshold: number
  readonly TreatMissingData: string
  readonly Metrics: readonly {
    readonly Expression?: string
    readonly MetricStat?: {
      readonly Metric: Record<string, unknown>
      readonly Period: number
      readonly Stat: string
    }
  }[]
}

const template = () => readTemplate('production', 'origin')
const windows = () =>
  resourcesOf(template(), 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties as unknown as Window)
    .filter(({ AlarmName }) => /-origin-.*-(?:long|short)$/.test(AlarmName))
const composites = () =>
  resourcesOf(template(), 'AWS::CloudWatch::CompositeAlarm')
    .map(({ Properties }) => Properties as { readonly AlarmName: string; readonly AlarmRule: unknown })
    .filter(({ AlarmName }) => AlarmName.includes('-origin-'))

describe('burn-rate alarms', () => {
  it('are an urgent one and a slow one for each priority and indicator', () => {
    const names = priorities.flatMap((priority) =>
      ['availability', 'latency'].flatMap((indicator) =>
        ['urgent', 'slow'].map(
          (severity) => `spillway-production-origin-${priority}-${indicator}-${severity}`,
        ),
      ),
    )
    expect(composites().map(({ AlarmName }) => AlarmName)).toEqual(expect.arrayContaining(names))
    expect(composites()).toHaveLength(names.length)
  })

  it('have the windows and rates of the Workbook, for critical availability at 99.9 %', () => {
    const own = windows().filter(({ AlarmName }) => AlarmName.includes('-critical-availability-'))
    const figures = own.map(({ AlarmName, EvaluationPeriods, DatapointsToAlarm, Threshold, Metrics }) => [
      AlarmName.replace('spillway-production-origin-critical-availability-', ''),
      Threshold,
      Metrics.flatMap(({ MetricStat }) => MetricStat?.Period ?? [])[0],
      [EvaluationPeriods, DatapointsToAlarm],
    ])
    expect(figures.toSorted()).toEqual([
      ['fast-long', 14.4, 3_600, [1, 1]],
      ['fast-short', 14.4, 300, [1, 1]],
      ['slow-long', 1, 86_400, [3, 3]],
      ['slow-short', 1, 21_600, [1, 1]],
      ['steady-long', 6, 21_600, [1, 1]],
      ['steady-short', 6, 1_800, [1, 1]],
    ])
    expect(own[0]?.Metrics[0]?.Expression).toBe('IF(bad < 10, 0, bad / all / 0.001)')
  })

  it('compare the counters that the origin gives and the agent forwards, by priority', () => {
    const [window] = windows().filter(({ AlarmName }) => AlarmName.includes('-background-latency-'))
    const metrics = window?.Metrics.flatMap(({ MetricStat }) =>
      MetricStat === undefined ? [] : [MetricStat],
    )
    const dimensions = [
      { Name: 'Stage', Value: 'production' },
      { Name: 'priority', Value: 'background' },
    ]
    expect(metrics).toMatchObject(
      [sloMetrics.slow, sloMetrics.timed].map((MetricName) => ({
        Stat: 'Sum',
        Metric: { Namespace: originNamespace, MetricName, Dimensions: expect.arrayContaining(dimensions) },
      })),
    )
  })

  it('ring together alone: a window has no action of its own', () => {
    expect(windows()).toHaveLength(36)
    expect(windows().filter(({ AlarmActions }) => AlarmActions !== undefined)).toEqual([])
  })

  it('stay within what CloudWatch allows: seven days for periods of an hour or more, a day otherwise', () => {
    for (const { AlarmName, EvaluationPeriods, Metrics } of windows()) {
      for (const { MetricStat } of Metrics) {
        if (MetricStat === undefined) continue
        const days = MetricStat.Period >= 3_600 ? 7 : 1
        expect(EvaluationPeriods * MetricStat.Period, AlarmName).toBeLessThanOrEqual(days * 86_400)
      }
    }
  })

  it('of the slow rule keep quiet while the urgent one rings', () => {
    const slow = composites().find(({ AlarmName }) => AlarmName.endsWith('critical-availability-slow'))
    expect(JSON.stringify(slow?.AlarmRule)).toMatch(/NOT \(ALARM.*urgent/)
  })
})
