import { CancelInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling'
import { canaryHarm, canaryInputs, canaryResult } from '../runbook/canary.ts'
import { call } from '../runbook/command.ts'
import { groupNamed, noRefresh, replaceOrigins } from '../runbook/groups.ts'
import type { Run } from '../runbook/run.ts'
import { Refusal, type Runbook } from '../runbook/runbook.ts'

const templateOf = async (run: Run) => {
  const { LaunchTemplate } = await groupNamed(run, run.group)
  if (LaunchTemplate?.LaunchTemplateId === undefined) throw new Refusal('the group names no launch template')
  return { id: LaunchTemplate.LaunchTemplateId, version: Number(LaunchTemplate.Version) }
}

const replace = replaceOrigins('Replace the origins by those of the former launch template', (run) => ({
  LaunchTemplate: { LaunchTemplateId: run.fact('template'), Version: run.fact('former version') },
}))

/** Moment of the canary. */
const afterIt = 'after the roll-back'

export const rollBackOrigin: Runbook = {
  name: 'roll-back-origin',
  when: 'The present release of the origin is bad, and its deployment has finished.',
  about:
    'While a deployment runs, CloudFormation rolls back by itself when its alarms fire; aws cloudformation cancel-update-stack does it without waiting. Afterwards a new deployment would fail at once, because those alarms are firing: this goes back to the former launch template instead, and watches no alarm. The canary is asked at the end, if CANARY_TOKEN is set. Data does not go back with the code: a release must be able to read what its successor has written.',
  inputs: {
    version: { says: 'version of the launch template', pattern: /^(former|[1-9]\d*)$/, default: 'former' },
    ...canaryInputs,
  },
  look: async (run) => {
    const { id, version } = await templateOf(run)
    const asked = run.input('version')
    run.set('template', id)
    run.set('present version', String(version))
    run.set('former version', asked === 'former' ? String(version - 1) : asked)
  },
  steps: [
    {
      say: 'Stop a refresh that is in progress: it brings the bad release further',
      commands: async (run) => {
        const running = await noRefresh(0).missing(run)
        if (running === undefined) return []
        return [
          call(run.aws.autoscaling, new CancelInstanceRefreshCommand({ AutoScalingGroupName: run.group })),
        ]
      },
      check: noRefresh(10 * 60_000),
      undo: () => 'nothing: the group stays as it is, partly replaced',
    },
    {
      ...replace,
      // Cut off after the refresh had begun: it has named the version already.
      commands: async (run) => {
        const { version } = await templateOf(run)
        return String(version) === run.fact('former version') ? [] : replace.commands(run)
      },
      check: {
        ...replace.check,
        say: 'the refresh has ended, and the canary passes',
        missing: async (run) => (await replace.check.missing(run)) ?? canaryHarm(run, afterIt),
      },
      undo: (run) =>
        `npm run runbook -- roll-back-origin --stage ${run.stage} --version ${run.fact('present version')}`,
    },
  ],
  result: (run) => canaryResult(run, afterIt),
  after:
    'Users: 5xx falls as former instances come into service. When the alarms are off, deploy the former release, so that the stack describes what runs: git checkout its commit, then deploy-origin. If Users still shows errors with all instances in service, the release is not the cause: database-failover.',
}
