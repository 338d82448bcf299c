import {
  DescribeAutoScalingInstancesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling'
import { call } from '../runbook/command.ts'
import { groupNamed, inService, isWhole } from '../runbook/groups.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

async function stateOf(run: Run): Promise<{ readonly group: string; readonly state: string } | undefined> {
  const { AutoScalingInstances = [] } = await run.aws.autoscaling.send(
    new DescribeAutoScalingInstancesCommand({ InstanceIds: [run.input('instance')] }),
  )
  const [found] = AutoScalingInstances
  if (found?.AutoScalingGroupName === undefined) return undefined
  return { group: found.AutoScalingGroupName, state: found.LifecycleState ?? '' }
}

export const drainInstance: Runbook = {
  name: 'drain-instance',
  when: 'One origin or one connector misbehaves and should go, without an error for anybody.',
  about:
    'The group ends it and launches another. Its hook lets it finish: an origin leaves the balancer and drains, a connector closes its connections. Note its logs first, they are in CloudWatch below /spillway.',
  inputs: { instance: { says: 'id of the instance', pattern: /^i-[0-9a-f]{8,17}$/ } },
  look: async (run) => {
    run.set('group', (await stateOf(run))?.group ?? '')
  },
  steps: [
    {
      say: 'End the instance, and keep the size of its group',
      precondition: {
        say: 'others of its group are in service',
        missing: async (run) => {
          const found = await stateOf(run)
          if (found?.group.includes(`-${run.stage}`) !== true)
            return `${run.input('instance')} is in no group of ${run.stage}`
          const ready = inService(await groupNamed(run, found.group))
          return ready > 1 ? undefined : 'it is the only one in service: scale-out first'
        },
      },
      commands: async (run) => {
        const found = await stateOf(run)
        if (found === undefined || found.state.startsWith('Terminating')) return []
        return [
          call(
            run.aws.autoscaling,
            new TerminateInstanceInAutoScalingGroupCommand({
              InstanceId: run.input('instance'),
              ShouldDecrementDesiredCapacity: false,
            }),
          ),
        ]
      },
      check: {
        say: 'no group has an instance of this id, and its group is whole',
        withinMs: 20 * 60_000,
        missing: async (run) => {
          const found = await stateOf(run)
          if (found !== undefined) return `it is ${found.state}`
          // A run that was cut off has ended it already.
          return run.fact('group') === '' ? undefined : isWhole(() => run.fact('group')).missing(run)
        },
      },
      undo: () => 'nothing: its replacement is an instance like any other',
    },
  ],
  after:
    'Fleet falls by one and comes back. If the next instance misbehaves in the same way, it is the release: roll-back-origin.',
}
