import { originEnv } from '@spillway/origin/contract'
import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, inject, it } from 'vitest'
import { instanceSettings, originUserData } from '../src/check/instance-settings.ts'
import { stageNames, warmPoolSize } from '../src/config.ts'
import { readInstanceFile } from '../src/instance-files.ts'
import {
  originMetrics,
  originNamespace,
  priorityDimension,
  releaseDimension,
  releaseMetrics,
  sloMetrics,
  stageDimension,
} from '../src/origin-metrics.ts'
import { stages } from '../src/stages.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

describe.each(stageNames)('%s: the fleet', (stage) => {
  const { fleet, origin } = stages[stage]

  it('stays within the sizes of the connection budget', () => {
    readTemplate(stage, 'origin').hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      AutoScalingGroupName: `spillway-origin-${stage}`,
      MinSize: String(fleet.min),
      MaxSize: String(fleet.max),
      // An unready instance is not replaced: a failover of the database would take the whole group.
      HealthCheckType: 'EC2',
    })
  })

  it(`has ${fleet.warm} instances in the warm pool at its minimum, by AWS’s formula, and none beyond the maximum`, () => {
    const pools = resourcesOf(readTemplate(stage, 'origin'), 'AWS::AutoScaling::WarmPool')
    expect(pools).toHaveLength(fleet.warm > 0 ? 1 : 0)
    for (const { Properties } of pools) {
      // PutWarmPool: the pool is MaxGroupPreparedCapacity less the desired capacity, and at least MinSize.
      expect(Properties.MinSize).toBeUndefined()
      const prepared = Number(Properties.MaxGroupPreparedCapacity)
      expect(prepared - fleet.min).toBe(fleet.warm)
      expect(prepared).toBeLessThanOrEqual(fleet.max)
      for (const desired of [fleet.min, fleet.min + 1, fleet.max]) {
        expect(warmPoolSize(fleet, desired)).toBe(Math.max(0, prepared - desired))
      }
    }
  })

  it('launches the newest image each time, and stays out of a zone that is shifted away from', () => {
    const template = readTemplate(stage, 'origin')
    for (const { Properties } of resourcesOf(template, 'AWS::EC2::LaunchTemplate')) {
      expect(Properties).toHaveProperty(
        'LaunchTemplateData.ImageId',
        expect.stringMatching(/^resolve:ssm:\/aws\//),
      )
    }
    for (const { Properties } of resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup')) {
      expect(Properties.AvailabilityZoneImpairmentPolicy).toMatchObject({ ZonalShiftEnabled: true })
    }
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'zonal_shift.config.enabled', Value: 'true' }]),
    })
  })

  it('is created only when its first instances are ready', () => {
    const [group] = Object.values(
      readTemplate(stage, 'origin').findResources('AWS::AutoScaling::AutoScalingGroup', {
        Properties: { AutoScalingGroupName: `spillway-origin-${stage}` },
      }),
    )
    expect(group?.CreationPolicy).toMatchObject({ ResourceSignal: { Count: fleet.min } })
    expect(originUserData(inject('templates'), stage)).toMatch(/^GROUP_RESOURCE=FleetGroup\w+$/m)
  })

  it('gives each process its share, and every variable a name that the origin knows', () => {
    const settings = instanceSettings(inject('templates'), stage)
    expect(settings.get(originEnv.poolSize)).toBe(String(origin.poolSize))
    expect(settings.get(originEnv.processes)).toBe(String(origin.processesPerInstance))
    expect(settings.get(originEnv.drainTimeoutMs)).toBe(String(origin.drainTimeoutMs))
    expect(settings.get(originEnv.connectionShare)).toBe(
      String(origin.processesPerInstance * origin.poolSize),
    )
    const written = readInstanceFile('configure.ts')
    const unset = Object.values(originEnv).filter(
      (name) => !settings.has(name) && !written.includes(`${name}=`),
    )
    // Timeouts that no stage has a reason to change: the origin's defaults hold.
    const timeouts = ['LIST_TIMEOUT_MS', 'POOL_WAIT_TIMEOUT_MS', 'SERVER_SELECTION_TIMEOUT_MS']
    // A team's own: no spans without it (infra/README.md, "What no stage sets").
    const tracing = [originEnv.otlpEndpoint, originEnv.otlpHeaders]
    expect(unset.sort()).toEqual([...timeouts, ...tracing].sort())
    expect(settings.get(originEnv.edgeUrl)).toBe(stages[stage].edgeUrl)
  })

  it('may read the secrets of its own, and not the edge’s keys', () => {
    const policies = resourcesOf(readTemplate(stage, 'origin'), 'AWS::IAM::Policy')
    const statements = policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement,
    )
    const reading = statements.filter(({ Action }) => JSON.stringify(Action).includes('GetSecretValue'))
    const text = JSON.stringify(reading)
    for (const name of ['PurgeKeys', 'WebhookKeys']) expect(text).toContain(name)
    expect(text).not.toContain('EdgeKeys')
    expect(JSON.stringify(statements)).not.toMatch(/secretsmanager:(Put|\*)/)
  })

  it('puts no secret into user data', () => {
    const text = originUserData(inject('templates'), stage)
    expect(text).not.toContain('resolve:secretsmanager')
    expect(text).not.toMatch(/password/i)
  })

  it('replaces a third first, without losing capacity, and rolls back on what users or the comparison shows', () => {
    readTemplate(stage, 'origin').hasResource('AWS::AutoScaling::AutoScalingGroup', {
      UpdatePolicy: {
        AutoScalingInstanceRefresh: {
          Preferences: Match.objectLike({
            MinHealthyPercentage: 100,
            CheckpointPercentages: [34, 100],
            CheckpointDelay: 300,
            AlarmSpecification: { Alarms: Array(5).fill(Match.anyValue()) },
          }),
        },
      },
    })
  })

  it('gives up an instance that never becomes ready and waits for one that drains', () => {
    const template = readTemplate(stage, 'origin')
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      LifecycleHookSpecificationList: [
        Match.objectLike({
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          DefaultResult: 'ABANDON',
        }),
        Match.objectLike({
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
          DefaultResult: 'CONTINUE',
        }),
      ],
    })
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      HealthCheckPath: '/readyz',
      TargetGroupAttributes: Match.arrayWith([{ Key: 'slow_start.duration_seconds', Value: '30' }]),
    })
  })

  it('encrypts the step from the balancer to an instance, and its health check', () => {
    readTemplate(stage, 'origin').hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Port: 3000,
      Protocol: 'HTTPS',
      HealthCheckProtocol: 'HTTPS',
    })
    const settings = instanceSettings(inject('templates'), stage)
    expect(settings.get('READY_URL')).toBe('https://127.0.0.1:3000/readyz')
    expect(settings.get('LIVE_URL')).toBe('https://127.0.0.1:3000/livez')
    // Made at each start, by configure.ts.
    expect(originUserData(inject('templates'), stage)).toMatch(/^dnf install .*\bopenssl\b/m)
    expect(readInstanceFile('prometheus.yaml')).toContain('scheme: https\n')
  })

  it('grows on requests, CPU and pressure, and shrinks only by target tracking', () => {
    const policies = resourcesOf(readTemplate(stage, 'origin'), 'AWS::AutoScaling::ScalingPolicy').filter(
      ({ Properties }) => (Properties.AutoScalingGroupName as { Ref: string }).Ref.startsWith('FleetGroup'),
    )
    const steps = policies.filter(({ Properties }) => Properties.PolicyType === 'StepScaling')
    expect(policies).toHaveLength(4)
    expect(steps).toHaveLength(2)
    for (const { Properties } of steps) {
      const adjustments = Properties.StepAdjustments as readonly { ScalingAdjustment: number }[]
      expect(Math.min(...adjustments.map(({ ScalingAdjustment }) => ScalingAdjustment))).toBeGreaterThan(0)
    }
  })
})

describe('the metrics agent', () => {
  it('forwards exactly the metrics that scaling and alarms read', () => {
    const { emf_processor } = JSON.parse(readInstanceFile('cloudwatch-agent.json')).logs.metrics_collected
      .prometheus
    expect(emf_processor.metric_namespace).toBe(originNamespace)
    const declared = (metrics: object, ...dimensions: readonly (readonly string[])[]) => ({
      dimensions,
      metric_selectors: Object.values(metrics).map((name) => `^${name}$`),
    })
    const { requestP99, problems } = releaseMetrics
    const byRelease = [stageDimension, releaseDimension]
    expect(emf_processor.metric_declaration).toMatchObject([
      declared(originMetrics, [stageDimension]),
      declared(sloMetrics, [stageDimension, priorityDimension]),
      declared({ requestP99 }, [stageDimension], byRelease),
      declared({ admitted: originMetrics.admitted }, byRelease),
      {
        ...declared({ problems }, [stageDimension], byRelease),
        label_matcher: '^spillway-origin;internal-error$',
      },
    ])
    expect(readInstanceFile('prometheus.yaml')).toContain(`${releaseDimension}: "@RELEASE_COMMIT@"`)
  })
})
