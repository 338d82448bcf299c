import { describe, expect, it } from 'vitest'
import { checkStage, type StageConfig, stageNames } from '../src/config.ts'
import { stages } from '../src/stages.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

interface ScalingPolicy {
  readonly AutoScalingGroupName: { readonly Ref: string }
  readonly TargetTrackingConfiguration?: {
    readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType: string }
  }
}

describe.each(stageNames)('%s: the way in', (stage) => {
  const { tunnels, connectors } = stages[stage].tunnel
  const template = readTemplate(stage, 'origin')
  const groups = () =>
    Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup')).filter(
      ([, { Properties }]) => String(Properties.AutoScalingGroupName).startsWith('spillway-tunnel-'),
    )

  it('is a group of connectors for each tunnel, with a token of its own', () => {
    expect(groups().map(([, { Properties }]) => Properties.AutoScalingGroupName)).toEqual(
      Array.from({ length: tunnels }, (_, index) => `spillway-tunnel-${stage}-${index + 1}`),
    )
    const tokens = resourcesOf(template, 'AWS::SecretsManager::Secret')
      .map(({ Properties }) => String(Properties.Name))
      .filter((name) => name.includes('tunnel-token'))
    expect(tokens).toEqual(
      Array.from({ length: tunnels }, (_, index) => `spillway/${stage}/tunnel-token-${index + 1}`),
    )
  })

  it('ends a connector only when another one is connected', () => {
    for (const [, group] of groups()) {
      expect(group.UpdatePolicy).toHaveProperty('AutoScalingInstanceRefresh')
      expect(group.Properties.InstanceMaintenancePolicy).toEqual({
        MinHealthyPercentage: 100,
        MaxHealthyPercentage: 200,
      })
      const hooks = group.Properties.LifecycleHookSpecificationList as readonly Record<string, unknown>[]
      expect(hooks.map(({ DefaultResult }) => DefaultResult)).toEqual(['ABANDON', 'CONTINUE'])
    }
  })

  it('grows by the processors of its connectors', () => {
    const policies = resourcesOf(template, 'AWS::AutoScaling::ScalingPolicy').map(
      ({ Properties }) => Properties as unknown as ScalingPolicy,
    )
    for (const [id, { Properties }] of groups()) {
      expect([Properties.MinSize, Properties.MaxSize]).toEqual([
        String(connectors.min),
        String(connectors.max),
      ])
      const [policy] = policies.filter(({ AutoScalingGroupName }) => AutoScalingGroupName.Ref === id)
      expect(policy?.TargetTrackingConfiguration?.PredefinedMetricSpecification).toEqual({
        PredefinedMetricType: 'ASGAverageCPUUtilization',
      })
    }
  })
})

describe('the settings of the way in', () => {
  const { production } = stages
  const withTunnel = (change: Partial<StageConfig['tunnel']>): StageConfig => ({
    ...production,
    tunnel: { ...production.tunnel, ...change },
  })

  it.each<[string, StageConfig, RegExp]>([
    ['one tunnel', withTunnel({ tunnels: 1, connectors: { min: 2, max: 12 } }), /no other way in/],
    ['no room to replace', withTunnel({ tunnels: 8, connectors: { min: 2, max: 2 } }), /leaves no room/],
    // 3 instances × 4 processes × 1,000 requests/s at which the group grows; a connector carries 1,500.
    [
      'a tunnel that saturates before the group grows',
      withTunnel({ connectors: { min: 2, max: 3 } }),
      /carry 9000 requests\/s, and the group grows only from 12000/,
    ],
  ])('%s is a mistake', (_name, config, mistake) => {
    expect(checkStage(production)).toEqual([])
    expect(checkStage(config)).toEqual([expect.stringMatching(mistake)])
  })
})
