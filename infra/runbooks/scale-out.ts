import { UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling'
import { call } from '../runbook/command.ts'
import { groupNamed, isWhole } from '../runbook/groups.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

const size = (run: Run): number => Number(run.input('size'))

export const scaleOut: Runbook = {
  name: 'scale-out',
  when: 'The origins are busy or shed requests, or a peak is expected: the group should be larger, now and until you say otherwise.',
  about:
    'Raises the minimum, so that scaling in does not take the instances away again. Those of the warm pool serve within seconds, others after about a minute and a half. The maximum follows from the connections that the database allows (src/capacity.ts): never raise it by hand.',
  inputs: { size: { says: 'instances from now on', pattern: /^[1-9]\d?$/ } },
  look: async (run) => {
    const { MinSize, MaxSize } = await groupNamed(run, run.group)
    run.set('former minimum', String(MinSize))
    run.set('maximum', String(MaxSize))
  },
  steps: [
    {
      say: "Raise the group's minimum and its desired size",
      precondition: {
        say: "the size is within the group's maximum",
        missing: async (run) =>
          size(run) <= Number(run.fact('maximum'))
            ? undefined
            : `the maximum is ${run.fact('maximum')}: let the edge answer more (emergency-shed), or change fleet.max, origin.poolSize or database.instanceClass in infra/src/stages.ts and deploy`,
      },
      commands: async (run) => {
        const { MinSize = 0, DesiredCapacity = 0 } = await groupNamed(run, run.group)
        if (MinSize >= size(run) && DesiredCapacity >= size(run)) return []
        return [
          call(
            run.aws.autoscaling,
            new UpdateAutoScalingGroupCommand({
              AutoScalingGroupName: run.group,
              MinSize: Math.max(MinSize, size(run)),
              DesiredCapacity: Math.max(DesiredCapacity, size(run)),
            }),
          ),
        ]
      },
      check: {
        ...isWhole(({ group }) => group),
        say: 'at least that many instances are in service',
        missing: async (run) => {
          const group = await groupNamed(run, run.group)
          if ((group.MinSize ?? 0) < size(run)) return `the minimum is ${group.MinSize}`
          const whole = await isWhole(() => run.group).missing(run)
          return (
            whole ??
            ((group.DesiredCapacity ?? 0) >= size(run) ? undefined : `${group.DesiredCapacity} are wanted`)
          )
        },
      },
      undo: (run) => [
        call(
          run.aws.autoscaling,
          new UpdateAutoScalingGroupCommand({
            AutoScalingGroupName: run.group,
            MinSize: Number(run.fact('former minimum')),
          }),
        ),
      ],
    },
  ],
  after:
    'Pressure falls first, requests per target within two minutes. If Fleet has grown and Pressure does not fall, the database is the bottleneck: bigger-database. The next deployment sets the minimum of stages.ts again; scale-back does it now.',
}
