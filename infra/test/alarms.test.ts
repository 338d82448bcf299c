import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stageNames } from '../src/config.ts'
import { originMetrics, originNamespace, stageDimension } from '../src/origin-metrics.ts'
import { stages } from '../src/stages.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

const runbooks = join(import.meta.dirname, '..', 'runbooks')

interface Alarm {
  readonly AlarmName: string
  readonly AlarmDescription: string
  readonly Metrics?: unknown
  readonly AlarmActions: readonly unknown[]
  readonly OKActions?: readonly unknown[]
}

interface Statement {
  readonly Effect: string
  readonly Action: string
  readonly Principal: { readonly Service?: string }
}

describe.each(stageNames)('%s: alarms', (stage) => {
  const alarms = () =>
    resourcesOf(readTemplate(stage, 'origin'), 'AWS::CloudWatch::Alarm').map(
      ({ Properties }) => Properties as unknown as Alarm,
    )
  const composites = () =>
    resourcesOf(readTemplate(stage, 'origin'), 'AWS::CloudWatch::CompositeAlarm').map(
      ({ Properties }) => Properties as unknown as Alarm,
    )
  // Rules of scaling, and windows of burn rates, act through others.
  const forPeople = () => [
    ...alarms().filter(({ AlarmName }) => !/-grow-|-(?:long|short)$/.test(AlarmName)),
    ...composites(),
  ]

  it('tell a person when they begin and when they end', () => {
    expect(forPeople().length).toBeGreaterThan(8)
    for (const { AlarmActions, OKActions } of forPeople()) {
      expect(AlarmActions).toHaveLength(1)
      expect(OKActions).toEqual(AlarmActions)
    }
  })

  it('may publish to their topic', () => {
    const [policy] = resourcesOf(readTemplate(stage, 'origin'), 'AWS::SNS::TopicPolicy')
    const document = policy?.Properties.PolicyDocument as { Statement: readonly Statement[] } | undefined
    const publishers = (document?.Statement ?? []).filter(
      ({ Effect, Action }) => Effect === 'Allow' && Action === 'sns:Publish',
    )
    expect(publishers.map(({ Principal }) => Principal.Service).sort()).toEqual([
      'budgets.amazonaws.com',
      'cloudwatch.amazonaws.com',
      'events.amazonaws.com',
    ])
  })

  it("count the balancer's own errors when no origin is in service", () => {
    const errors = alarms().find(({ AlarmName }) => AlarmName.endsWith('OriginErrors'))
    const metrics = JSON.stringify(errors?.Metrics)
    expect(metrics).toContain('HTTPCode_ELB_5XX_Count')
    expect(metrics).toContain('HTTPCode_Target_5XX_Count')
  })

  it('go off for slow answers well before the deadline, which cuts off what they measure', () => {
    const slow = alarms().find(({ AlarmName }) => AlarmName.endsWith('OriginSlow'))
    expect(slow).toMatchObject({ Threshold: 0.3, ExtendedStatistic: 'p99' })
  })

  it('go off when the origins stop reporting metrics', () => {
    expect(alarms().find(({ AlarmName }) => AlarmName.endsWith('SignalsSilent'))).toMatchObject({
      Metrics: [
        {
          MetricStat: {
            Metric: {
              Namespace: originNamespace,
              MetricName: originMetrics.poolWait,
              Dimensions: [{ Name: stageDimension, Value: stage }],
            },
            Stat: 'SampleCount',
          },
        },
      ],
      TreatMissingData: 'breaching',
    })
  })

  it('watch each tunnel: its connectors, its errors and its processors', () => {
    const names = forPeople().map(({ AlarmName }) => AlarmName)
    for (let number = 1; number <= stages[stage].tunnel.tunnels; number += 1) {
      for (const what of ['Thin', 'Errors', 'Busy'])
        expect(names).toContain(`spillway-${stage}-Tunnel${number}${what}`)
    }
  })

  it('are joined by mails about work that failed unseen', () => {
    const rules = resourcesOf(readTemplate(stage, 'origin'), 'AWS::Events::Rule').map(
      ({ Properties }) => Properties.EventPattern as { readonly source: readonly string[] } | undefined,
    )
    // A rule without a pattern has a schedule.
    const sources = rules.flatMap((pattern) => pattern?.source ?? []).sort()
    expect(sources).toEqual([
      'aws.autoscaling',
      ...(stages[stage].database.protected ? ['aws.backup'] : []),
      'aws.secretsmanager',
    ])
  })

  it('name runbooks that exist', () => {
    for (const { AlarmName, AlarmDescription } of forPeople()) {
      const names = /Runbook: ([a-z, -]+)\.$/.exec(AlarmDescription)?.[1]?.split(', ') ?? []
      expect(names, AlarmName).not.toEqual([])
      for (const name of names) {
        // A program, or a guide to what is none.
        const isThere = ['ts', 'md'].some((ending) => existsSync(join(runbooks, `${name}.${ending}`)))
        expect(isThere, `${AlarmName}: ${name}`).toBe(true)
      }
    }
  })

  it('notify before the bill exceeds the budget', () => {
    const template = readTemplate(stage, 'origin')
    const [budget] = resourcesOf(template, 'AWS::Budgets::Budget')
    expect(budget?.Properties).toMatchObject({
      Budget: { CostFilters: { TagKeyValue: [`user:spillway:stage$${stage}`] } },
    })
  })
})

describe('the templates', () => {
  it.each(stageNames)('%s needs nothing but a template: its functions are in it', (stage) => {
    for (const stack of ['network', 'data', 'origin'] as const) {
      const functions = resourcesOf(readTemplate(stage, stack), 'AWS::Lambda::Function')
      expect(functions).toHaveLength(stack === 'origin' && stage !== 'dev' ? 1 : 0)
      for (const { Properties } of functions) expect(Properties.Code).toEqual({ ZipFile: expect.any(String) })
    }
  })
})
