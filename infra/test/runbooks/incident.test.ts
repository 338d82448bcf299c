import {
  StartInstanceRefreshCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import {
  FailoverDBClusterCommand,
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
} from '@aws-sdk/client-docdb'
import { SendCommandCommand } from '@aws-sdk/client-ssm'
import { expect } from 'vitest'
import type { Clients } from '../../runbook/clients.ts'
import { call } from '../../runbook/command.ts'
import { biggerDatabase } from '../../runbooks/bigger-database.ts'
import { databaseFailover } from '../../runbooks/database-failover.ts'
import { drainInstance } from '../../runbooks/drain-instance.ts'
import { inspectInstance } from '../../runbooks/inspect-instance.ts'
import { rebootReader } from '../../runbooks/reboot-reader.ts'
import { refreshOrigins } from '../../runbooks/refresh-origins.ts'
import { replaceTunnelToken } from '../../runbooks/replace-tunnel-token.ts'
import { restartTunnel } from '../../runbooks/restart-tunnel.ts'
import { rollBackOrigin } from '../../runbooks/roll-back-origin.ts'
import { rotateDatabasePassword } from '../../runbooks/rotate-database-password.ts'
import { scaleBack } from '../../runbooks/scale-back.ts'
import { scaleOut } from '../../runbooks/scale-out.ts'
import { stages } from '../../src/stages.ts'
import { proves, withoutStep, withStep } from './prove.ts'
import type { World } from './world.ts'

const origins = (world: World) => world.aws.autoscaling.group('spillway-origin-production')
const database = (world: World) => world.aws.database.cluster('spillway-production')
const isRefreshed = (world: World) =>
  expect(origins(world).refreshes.map(({ input }) => input.Preferences)).toContainEqual({
    MinHealthyPercentage: 100,
    MaxHealthyPercentage: 134,
    InstanceWarmup: 60,
  })
const resize = (
  { autoscaling }: Pick<Clients, 'autoscaling'>,
  AutoScalingGroupName: string,
  size: { readonly MinSize: number } | { readonly DesiredCapacity: number },
) => [call(autoscaling, new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, ...size }))]

proves(scaleOut, {
  inputs: { size: '9' },
  expect: (world) => expect(origins(world)).toMatchObject({ min: 9, desired: 9 }),
  expectUndone: (world) => expect(origins(world)).toMatchObject({ min: 3 }),
  bugs: [
    {
      what: 'the group of another name',
      in: withStep(1, () => ({
        commands: ({ aws, stage }) => resize(aws, `origin-${stage}`, { MinSize: 9 }),
      })),
      noticed: /not authorized to perform: autoscaling:UpdateAutoScalingGroup/,
    },
    {
      what: 'more than the maximum, with no precondition',
      in: withStep(1, () => ({
        precondition: { say: '', missing: async () => undefined },
        commands: ({ aws, group }) => resize(aws, group, { MinSize: 13 }),
      })),
      noticed: /Min bound must be lower than or equal to max bound/,
    },
  ],
})

proves(scaleBack, {
  inputs: {},
  arrange: (world) => void Object.assign(origins(world), { min: 9, desired: 9 }),
  // The size falls by the group's own rules.
  expect: (world) => expect(origins(world)).toMatchObject({ min: 3, desired: 9 }),
  expectUndone: (world) => expect(origins(world)).toMatchObject({ min: 9 }),
  bugs: [
    {
      what: 'the desired size below the minimum',
      in: withStep(1, () => ({
        commands: ({ aws, group }) => resize(aws, group, { DesiredCapacity: 3 }),
      })),
      noticed: /Desired capacity:3 must be between the specified min size:9/,
    },
  ],
})

proves(refreshOrigins, {
  inputs: {},
  repeats: 'each run replaces the origins',
  expect: isRefreshed,
  bugs: [
    {
      what: 'no look for a refresh that is in progress',
      in: (runbook) => ({
        ...runbook,
        steps: [...runbook.steps, ...runbook.steps].map((step) => ({
          ...step,
          precondition: undefined as never,
          check: { say: '', missing: async () => undefined },
        })),
      }),
      noticed: /already in progress/,
    },
  ],
})

proves(rollBackOrigin, {
  inputs: {},
  inputsIn: () => ({ version: '6' }),
  arrange: (world) =>
    void origins(world).refreshes.push({
      InstanceRefreshId: 'bad',
      Status: 'InProgress',
      input: {},
      looks: -9,
      startedAtMs: 0,
    }),
  expect: (world) => {
    expect(origins(world).templateVersion).toBe('6')
    isRefreshed(world)
  },
  bugs: [
    {
      what: 'the bad refresh is not stopped',
      in: withoutStep(1),
      noticed: /no instance refresh is in progress: bad/,
    },
    {
      what: 'the former release is as bad',
      in: (runbook) => ({
        ...runbook,
        look: async (run) => {
          await runbook.look?.(run)
          const found = [{ step: 'change', ms: 9, wrong: '500 internal', attempts: 1 }]
          Object.assign(run, { canary: async () => found })
        },
      }),
      noticed: /the canary after the roll-back fails: change: 500 internal/,
    },
    {
      what: 'a version that does not exist',
      in: withStep(2, () => ({
        commands: ({ aws, group }) => [
          call(
            aws.autoscaling,
            new StartInstanceRefreshCommand({
              AutoScalingGroupName: group,
              DesiredConfiguration: {
                LaunchTemplate: { LaunchTemplateId: 'lt-0123456789abcdef0', Version: '0' },
              },
            }),
          ),
        ],
      })),
      noticed: /launch template version 0 does not exist/,
    },
  ],
})

proves(drainInstance, {
  inputs: {},
  inputsIn: (world) => ({ instance: origins(world).instances[0]?.InstanceId ?? '' }),
  expect: (world) => {
    expect(origins(world).instances).toHaveLength(3)
    expect(origins(world).instances.map(({ InstanceId }) => InstanceId)).not.toContain('i-00000000000000001')
  },
  bugs: [
    {
      what: 'the group shrinks with it',
      in: withStep(1, () => ({
        commands: (run) => [
          call(
            run.aws.autoscaling,
            new TerminateInstanceInAutoScalingGroupCommand({
              InstanceId: run.input('instance'),
              ShouldDecrementDesiredCapacity: true,
            }),
          ),
        ],
      })),
      noticed: /desiredSize equals minSize/,
    },
  ],
})

proves(databaseFailover, {
  inputs: { from: 'spillway-productioninstance1' },
  expect: (world) => expect(database(world).writer).toBe('spillway-productioninstance2'),
  expectUndone: (world) => expect(database(world).writer).toBe('spillway-productioninstance1'),
  bugs: [
    {
      what: 'the writer itself as the target',
      in: withStep(1, () => ({
        commands: ({ aws, cluster }) => [
          call(
            aws.docdb,
            new FailoverDBClusterCommand({
              DBClusterIdentifier: cluster,
              TargetDBInstanceIdentifier: 'spillway-productioninstance1',
            }),
          ),
        ],
      })),
      noticed: /no reader spillway-productioninstance1 to fail over to/,
    },
  ],
})

proves(rebootReader, {
  inputs: { instance: 'spillway-productioninstance2' },
  repeats: 'each run restarts it',
  expect: (world) =>
    expect(world.aws.server.calls.filter(({ operation }) => operation === 'RebootDBInstance')).not.toEqual(
      [],
    ),
  bugs: [
    {
      what: 'an instance of another cluster',
      in: withStep(1, () => ({
        commands: ({ aws }) => [
          call(aws.docdb, new RebootDBInstanceCommand({ DBInstanceIdentifier: 'other' })),
        ],
      })),
      noticed: /not authorized to perform: rds:RebootDBInstance/,
    },
  ],
})

const token = 'eyJhIjoiYWNjb3VudCIsInQiOiJ0dW5uZWwifQ=='

proves(replaceTunnelToken, {
  inputs: { tunnel: '1', token },
  repeats: 'each run restarts the connectors',
  expect: (world) => {
    expect(world.aws.secrets.values.get('spillway/production/tunnel-token-1')).toBe(token)
    expect(world.aws.systems.sent.at(-1)?.targets).toEqual(
      world.aws.autoscaling
        .group('spillway-tunnel-production-1')
        .instances.map(({ InstanceId }) => InstanceId),
    )
    expect(world.shown.join('\n')).not.toContain(token)
  },
  expectUndone: (world) =>
    expect(world.aws.secrets.values.get('spillway/production/tunnel-token-1')).toBe('jT5)random'),
  bugs: [
    {
      what: 'all connectors at once',
      in: withStep(2, () => ({
        commands: (run) => [
          call(
            run.aws.ssm,
            new SendCommandCommand({
              DocumentName: 'AWS-RunShellScript',
              Targets: [{ Key: 'tag:aws:autoscaling:groupName', Values: ['spillway-tunnel-production-1'] }],
              Parameters: { commands: ['systemctl restart spillway-tunnel'] },
            }),
            { keep: ({ Command }) => run.set('command', Command?.CommandId ?? '') },
          ),
        ],
      })),
      noticed: /stop at once/,
    },
    {
      what: 'instances of no group',
      in: withStep(2, () => ({
        commands: (run) => [
          call(
            run.aws.ssm,
            new SendCommandCommand({
              DocumentName: 'AWS-RunShellScript',
              Targets: [{ Key: 'tag:spillway:tunnel', Values: ['1'] }],
              MaxConcurrency: '1',
              Parameters: { commands: ['systemctl restart spillway-tunnel'] },
            }),
            { keep: ({ Command }) => run.set('command', Command?.CommandId ?? '') },
          ),
        ],
      })),
      noticed: /0 of \d have/,
    },
  ],
})

proves(rotateDatabasePassword, {
  inputs: {},
  repeats: 'each run replaces the origins',
  expect: (world) => {
    expect(world.aws.secrets.rotations).toContain('spillway/production/database-origin')
    isRefreshed(world)
  },
  bugs: [
    {
      what: 'the secret is not rotated',
      in: withStep(1, () => ({ commands: () => [] })),
      noticed: /last rotated never/,
    },
  ],
})

proves(restartTunnel, {
  inputs: { tunnel: '2' },
  repeats: 'each run restarts the connectors',
  expect: (world) =>
    expect(world.aws.systems.sent.at(-1)?.targets).toHaveLength(stages.production.tunnel.connectors.min),
  bugs: [
    {
      what: 'the document of another account',
      in: withStep(1, () => ({
        commands: ({ aws }) => [
          call(aws.ssm, new SendCommandCommand({ DocumentName: 'AWS-RunPatchBaseline' })),
        ],
      })),
      noticed: /not authorized to perform: ssm:SendCommand on resource: .*RunPatchBaseline/,
    },
  ],
})

proves(inspectInstance, {
  inputs: { instance: 'i-00000000000000001' },
  repeats: 'each run asks again',
  expect: (world) => expect(world.shown.join('\n')).toContain('active (running)'),
  bugs: [
    {
      what: 'the answer of a command that was not sent',
      in: withStep(1, () => ({
        commands: (run) => {
          run.set('command', 'none')
          return []
        },
      })),
      noticed: /none on i-00000000000000001/,
    },
  ],
})

proves(biggerDatabase, {
  inputs: { class: 'r6g.2xlarge' },
  expect: (world) => {
    expect(database(world).writer).not.toBe('spillway-productioninstance1')
    const classes = world.aws.database.membersOf('spillway-production').map(({ klass }) => klass)
    expect(new Set(classes)).toEqual(new Set(['db.r6g.2xlarge']))
  },
  bugs: [
    {
      what: 'in the maintenance window, not now',
      in: withStep(1, () => ({
        commands: ({ aws }) => [
          call(
            aws.docdb,
            new ModifyDBInstanceCommand({
              ...{ DBInstanceIdentifier: 'spillway-productioninstance2', DBInstanceClass: 'db.r6g.2xlarge' },
            }),
          ),
        ],
      })),
      noticed: /still the old class/,
    },
  ],
})
