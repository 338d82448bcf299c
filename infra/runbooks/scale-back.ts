import { UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling'
import { call } from '../runbook/command.ts'
import { groupNamed } from '../runbook/groups.ts'
import type { Runbook } from '../runbook/runbook.ts'

export const scaleBack: Runbook = {
  name: 'scale-back',
  when: 'The peak for which scale-out raised the minimum is over.',
  about:
    'Sets the minimum of infra/src/stages.ts. The group then shrinks by its own rules, a few instances at a time.',
  look: async (run) => {
    run.set('former minimum', String((await groupNamed(run, run.group)).MinSize))
  },
  steps: [
    {
      say: "Set the group's minimum to the stage's",
      commands: async (run) => {
        const { MinSize } = await groupNamed(run, run.group)
        const { min } = run.config.fleet
        if (MinSize === min) return []
        const update = { AutoScalingGroupName: run.group, MinSize: min }
        return [call(run.aws.autoscaling, new UpdateAutoScalingGroupCommand(update))]
      },
      check: {
        say: "the minimum is the stage's",
        missing: async (run) => {
          const { MinSize } = await groupNamed(run, run.group)
          return MinSize === run.config.fleet.min ? undefined : `it is ${MinSize}`
        },
      },
      undo: (run) => {
        const update = { AutoScalingGroupName: run.group, MinSize: Number(run.fact('former minimum')) }
        return [call(run.aws.autoscaling, new UpdateAutoScalingGroupCommand(update))]
      },
    },
  ],
  after: 'Fleet falls within the quarter of an hour that scaling in takes.',
}
