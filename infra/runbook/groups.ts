import {
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
  type StartInstanceRefreshType,
} from '@aws-sdk/client-auto-scaling'
import { call } from './command.ts'
import type { Run } from './run.ts'
import { type Condition, Refusal, type Step } from './runbook.ts'

const minute = 60_000

/** @throws {Refusal} when the group is not there: another region or account, or the stage is not deployed */
export async function groupNamed(run: Run, name: string): Promise<AutoScalingGroup> {
  const { AutoScalingGroups = [] } = await run.aws.autoscaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  )
  const [group] = AutoScalingGroups
  if (group === undefined)
    throw new Refusal(`there is no group ${name} in ${run.region}: check AWS_REGION and the account`)
  return group
}

export const inService = ({ Instances = [] }: AutoScalingGroup): number =>
  Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').length

/** All that the group wants are in service. */
export const isWhole = (name: (run: Run) => string): Condition => ({
  say: 'as many instances are in service as the group wants',
  withinMs: 20 * minute,
  missing: async (run) => {
    const group = await groupNamed(run, name(run))
    const ready = inService(group)
    return ready >= (group.DesiredCapacity ?? 0)
      ? undefined
      : `${ready} of ${group.DesiredCapacity} are in service`
  },
})

const refreshInProgress = async (run: Run, name: string): Promise<string | undefined> => {
  const { InstanceRefreshes = [] } = await run.aws.autoscaling.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name }),
  )
  return InstanceRefreshes.find(({ Status }) => ['Pending', 'InProgress', 'Baking'].includes(Status ?? ''))
    ?.InstanceRefreshId
}

export const noRefresh = (withinMs: number): Condition => ({
  say: 'no instance refresh is in progress',
  withinMs,
  missing: async (run) => {
    const id = await refreshInProgress(run, run.group)
    return id === undefined ? undefined : `${id} is in progress`
  },
})

/** Whether the origins were replaced in full by a refresh that began after a time. */
export async function startedSince(run: Run, sinceMs: number): Promise<boolean> {
  const { InstanceRefreshes = [] } = await run.aws.autoscaling.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: run.group }),
  )
  return InstanceRefreshes.some(
    ({ Status, StartTime }) => Status === 'Successful' && (StartTime?.getTime() ?? 0) > sinceMs,
  )
}

/** Replaces the origins, a third at a time, new ones first: the connection budget covers both generations. */
export const replaceOrigins = (
  say: string,
  desired?: (run: Run) => StartInstanceRefreshType['DesiredConfiguration'],
): Step => ({
  say,
  // The weekly refresh may run.
  precondition: noRefresh(0),
  commands: (run) => {
    const configuration = desired?.(run)
    return [
      call(
        run.aws.autoscaling,
        new StartInstanceRefreshCommand({
          AutoScalingGroupName: run.group,
          ...(configuration !== undefined && { DesiredConfiguration: configuration }),
          Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 134, InstanceWarmup: 60 },
        }),
      ),
    ]
  },
  check: noRefresh(40 * minute),
  undo: () =>
    'the old instances are gone; while it runs, aws autoscaling cancel-instance-refresh leaves the group as it is',
})
