import * as client from '@aws-sdk/client-auto-scaling'
import { Fault, type Fields } from './protocol.ts'
import type { Operation, Service } from './server.ts'
import { account, region, type StackTemplate } from './template.ts'

interface Instance {
  readonly InstanceId: string
  readonly AvailabilityZone: string
  LifecycleState: 'Pending' | 'InService' | 'Terminating'
}
interface Refresh {
  readonly InstanceRefreshId: string
  Status: 'InProgress' | 'Successful' | 'Cancelled'
  readonly input: Fields
  /** Looks at it since its start: it has ended at the third. */
  looks: number
  startedAtMs: number
}
export interface Group {
  readonly name: string
  min: number
  max: number
  desired: number
  templateVersion: string
  instances: Instance[]
  readonly refreshes: Refresh[]
}

const zones = [`${region}a`, `${region}b`, `${region}c`]

/** Groups of the origin's stack. Each look at a group moves it on: what was pending is in service, what was ending is gone. */
export class AutoScaling {
  readonly groups = new Map<string, Group>()
  #launched = 0

  constructor(template: StackTemplate) {
    for (const [, properties] of template.ofType('AWS::AutoScaling::AutoScalingGroup')) {
      const min = Number(properties.MinSize)
      const group: Group = {
        name: String(properties.AutoScalingGroupName),
        min,
        max: Number(properties.MaxSize),
        desired: min,
        templateVersion: '7',
        instances: [],
        refreshes: [],
      }
      this.groups.set(group.name, group)
      this.settle(group)
      this.settle(group)
    }
  }

  group(name: unknown): Group {
    const group = this.groups.get(String(name))
    if (group === undefined) throw new Fault('ValidationError', `AutoScalingGroup name not found - ${name}`)
    return group
  }

  settle(group: Group): void {
    group.instances = group.instances.filter(({ LifecycleState }) => LifecycleState !== 'Terminating')
    for (const instance of group.instances) instance.LifecycleState = 'InService'
    while (group.instances.length < group.desired) {
      this.#launched += 1
      group.instances.push({
        InstanceId: `i-${String(this.#launched).padStart(17, '0')}`,
        AvailabilityZone: zones[this.#launched % 3] ?? '',
        LifecycleState: 'Pending',
      })
    }
    group.instances.length = group.desired
  }

  get service(): Service {
    const own = (action: string, operation: Omit<Operation, 'wants'>): Operation => ({
      ...operation,
      wants: ({ AutoScalingGroupName }) => [
        { action: `autoscaling:${action}`, resource: groupArn(String(AutoScalingGroupName)) },
      ],
    })
    return {
      protocol: 'query',
      client,
      operations: {
        DescribeAutoScalingGroups: {
          wants: () => [{ action: 'autoscaling:DescribeAutoScalingGroups', resource: '*' }],
          answer: ({ AutoScalingGroupNames }) => {
            const names = AutoScalingGroupNames as readonly string[] | undefined
            const groups = [...this.groups.values()].filter(({ name }) => names?.includes(name) ?? true)
            for (const group of groups) this.settle(group)
            return { AutoScalingGroups: groups.map(described) }
          },
        },
        DescribeAutoScalingInstances: {
          wants: () => [{ action: 'autoscaling:DescribeAutoScalingInstances', resource: '*' }],
          answer: ({ InstanceIds = [] }) => {
            const AutoScalingInstances = [...this.groups.values()].flatMap(({ name, instances }) =>
              instances
                .filter(({ InstanceId }) => (InstanceIds as string[]).includes(InstanceId))
                .map((instance) => ({
                  ...instance,
                  ...{ AutoScalingGroupName: name, HealthStatus: 'HEALTHY', ProtectedFromScaleIn: false },
                })),
            )
            for (const group of this.groups.values()) this.settle(group)
            return { AutoScalingInstances }
          },
        },
        DescribeInstanceRefreshes: {
          wants: () => [{ action: 'autoscaling:DescribeInstanceRefreshes', resource: '*' }],
          answer: ({ AutoScalingGroupName }) => {
            const { refreshes } = this.group(AutoScalingGroupName)
            for (const refresh of refreshes) {
              refresh.looks += 1
              if (refresh.looks > 2 && refresh.Status === 'InProgress') refresh.Status = 'Successful'
            }
            const InstanceRefreshes = refreshes.map(({ InstanceRefreshId, Status, startedAtMs }) => ({
              ...{ InstanceRefreshId, Status },
              StartTime: new Date(startedAtMs),
            }))
            return { InstanceRefreshes: InstanceRefreshes.toReversed() }
          },
        },
        UpdateAutoScalingGroup: own('UpdateAutoScalingGroup', { answer: (input) => this.#update(input) }),
        StartInstanceRefresh: {
          wants: ({ AutoScalingGroupName, DesiredConfiguration }) => [
            { action: 'autoscaling:StartInstanceRefresh', resource: groupArn(String(AutoScalingGroupName)) },
            // "Desired configuration" in the guide: the caller needs the permissions to launch from the template.
            ...(DesiredConfiguration === undefined
              ? []
              : [
                  {
                    action: 'ec2:RunInstances',
                    resource: '*',
                    context: { 'ec2:IsLaunchTemplateResource': 'true' },
                  },
                  {
                    action: 'iam:PassRole',
                    resource: `arn:aws:iam::${account}:role/spillway-production-origin-FleetRole`,
                    context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
                  },
                ]),
          ],
          answer: (input) => this.#refresh(input),
        },
        CancelInstanceRefresh: own('CancelInstanceRefresh', {
          answer: ({ AutoScalingGroupName }) => {
            const running = this.group(AutoScalingGroupName).refreshes.find(
              ({ Status }) => Status === 'InProgress',
            )
            if (running === undefined)
              throw new Fault('ActiveInstanceRefreshNotFound', 'no refresh is in progress')
            running.Status = 'Cancelled'
            return { InstanceRefreshId: running.InstanceRefreshId }
          },
        }),
        TerminateInstanceInAutoScalingGroup: {
          wants: ({ InstanceId }) => [
            {
              action: 'autoscaling:TerminateInstanceInAutoScalingGroup',
              resource: groupArn(this.#holderOf(InstanceId).name),
            },
          ],
          answer: ({ InstanceId, ShouldDecrementDesiredCapacity }) => {
            const group = this.#holderOf(InstanceId)
            if (ShouldDecrementDesiredCapacity && group.desired - 1 < group.min) {
              throw new Fault('ValidationError', `Currently, desiredSize equals minSize (${group.min}).`)
            }
            if (ShouldDecrementDesiredCapacity) group.desired -= 1
            const instance = group.instances.find((each) => each.InstanceId === InstanceId)
            if (instance !== undefined) instance.LifecycleState = 'Terminating'
            return {}
          },
        },
      },
    }
  }

  #holderOf(instance: unknown): Group {
    const group = [...this.groups.values()].find(({ instances }) =>
      instances.some(({ InstanceId }) => InstanceId === instance),
    )
    if (group === undefined)
      throw new Fault(
        'ValidationError',
        `Instance Id not found - No managed instance found for instance ID: ${instance}`,
      )
    return group
  }

  #update({ AutoScalingGroupName, MinSize, MaxSize, DesiredCapacity }: Fields): Fields {
    const group = this.group(AutoScalingGroupName)
    const min = Number(MinSize ?? group.min)
    const max = Number(MaxSize ?? group.max)
    if (min > max) throw new Fault('ValidationError', 'Min bound must be lower than or equal to max bound.')
    // A new minimum above the desired capacity raises it (API reference, UpdateAutoScalingGroup).
    const desired = Number(DesiredCapacity ?? Math.max(min, group.desired))
    if (desired < min || desired > max) {
      throw new Fault(
        'ValidationError',
        `Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`,
      )
    }
    Object.assign(group, { min, max, desired })
    return {}
  }

  #refresh(input: Fields): Fields {
    const group = this.group(input.AutoScalingGroupName)
    if (group.refreshes.some(({ Status }) => Status === 'InProgress')) {
      throw new Fault(
        'InstanceRefreshInProgress',
        'An Instance Refresh is already in progress and blocks the execution',
      )
    }
    const { MinHealthyPercentage, MaxHealthyPercentage } = (input.Preferences ?? {}) as Record<
      string,
      number | undefined
    >
    if (MaxHealthyPercentage !== undefined && MaxHealthyPercentage - (MinHealthyPercentage ?? 90) > 100) {
      throw new Fault(
        'ValidationError',
        'The difference between MaxHealthyPercentage and MinHealthyPercentage cannot exceed 100',
      )
    }
    const wanted = input.DesiredConfiguration as { LaunchTemplate?: { Version?: string } } | undefined
    const version = wanted?.LaunchTemplate?.Version
    if (version !== undefined && !(Number(version) >= 1 && Number(version) <= 7)) {
      throw new Fault('ValidationError', `The launch template version ${version} does not exist`)
    }
    if (version !== undefined) group.templateVersion = version
    const refresh: Refresh = {
      InstanceRefreshId: `refresh-${group.refreshes.length + 1}`,
      Status: 'InProgress',
      input,
      looks: 0,
      startedAtMs: Date.now(),
    }
    group.refreshes.push(refresh)
    return { InstanceRefreshId: refresh.InstanceRefreshId }
  }
}

const groupArn = (name: string): string =>
  `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:5f3a:autoScalingGroupName/${name}`

const described = ({ name, min, max, desired, instances, templateVersion }: Group): Fields => ({
  AutoScalingGroupName: name,
  AutoScalingGroupARN: groupArn(name),
  MinSize: min,
  MaxSize: max,
  DesiredCapacity: desired,
  DefaultCooldown: 300,
  HealthCheckType: 'EC2',
  CreatedTime: new Date(0),
  AvailabilityZones: zones,
  LaunchTemplate: {
    LaunchTemplateId: 'lt-0123456789abcdef0',
    LaunchTemplateName: 'origin',
    Version: templateVersion,
  },
  Instances: instances.map((instance) => ({
    ...instance,
    HealthStatus: 'Healthy',
    ProtectedFromScaleIn: false,
  })),
})
