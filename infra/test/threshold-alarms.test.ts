import { describe, expect, it } from 'vitest'
import { thresholdAlarms } from '../src/alarms/table.ts'
import { stageNames } from '../src/config.ts'
import { stages } from '../src/stages.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

// Burn rates and scaling rules are data of their own.
const isOther = (name: string) => /-grow-|-(?:long|short)$/.test(name)

describe.each(stageNames)('%s: the table of threshold alarms', (stage) => {
  const table = thresholdAlarms(stages[stage])

  it('has every alarm of the template, with its limit', () => {
    const deployed = resourcesOf(readTemplate(stage, 'origin'), 'AWS::CloudWatch::Alarm')
      .map(({ Properties }) => Properties)
      .filter(({ AlarmName }) => !isOther(String(AlarmName)))
      .map(
        ({ AlarmName, EvaluationPeriods, DatapointsToAlarm, Threshold, ComparisonOperator, ...others }) => ({
          ...{ AlarmName, EvaluationPeriods, DatapointsToAlarm, Threshold, ComparisonOperator },
          TreatMissingData: others.TreatMissingData,
        }),
      )
    expect(deployed.toSorted(byName)).toEqual(
      table
        .map((row) => ({
          AlarmName: `spillway-${stage}-${row.name}`,
          EvaluationPeriods: row.evaluationPeriods,
          DatapointsToAlarm: row.datapointsToAlarm,
          Threshold: row.threshold,
          ComparisonOperator: row.comparison === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
          TreatMissingData: row.missingData,
        }))
        .toSorted(byName),
    )
  })

  it('has each name once', () => {
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length)
  })
})

const byName = (one: { readonly AlarmName?: unknown }, other: { readonly AlarmName?: unknown }): number =>
  String(one.AlarmName).localeCompare(String(other.AlarmName))
