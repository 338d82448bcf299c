import { ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm'
import { call } from './command.ts'
import { groupNamed, inService } from './groups.ts'
import type { Run } from './run.ts'
import type { Step } from './runbook.ts'

/** Runs commands on each instance of a group, one after the other; a failure ends it. */
export const oneAtATime = ({
  say,
  done,
  group,
  commands,
  undo,
}: {
  readonly say: string
  /** Words for each instance having succeeded. */
  readonly done: string
  readonly group: (run: Run) => string
  readonly commands: readonly string[]
  readonly undo: string
}): Step => ({
  say,
  commands: (run) => [
    call(
      run.aws.ssm,
      new SendCommandCommand({
        DocumentName: 'AWS-RunShellScript',
        Targets: [{ Key: 'tag:aws:autoscaling:groupName', Values: [group(run)] }],
        // The defaults are 50 at once, and to go on after a failure.
        MaxConcurrency: '1',
        MaxErrors: '0',
        Parameters: { commands: [...commands] },
      }),
      { keep: ({ Command }) => run.set('command', Command?.CommandId ?? '') },
    ),
  ],
  check: {
    say: done,
    withinMs: 15 * 60_000,
    missing: async (run) => {
      const { Commands = [] } = await run.aws.ssm.send(
        new ListCommandsCommand({ CommandId: run.fact('command') }),
      )
      const [sent] = Commands
      const all = Math.max(1, inService(await groupNamed(run, group(run))))
      if (sent?.Status === 'Success' && (sent.TargetCount ?? 0) >= all) return undefined
      return `${sent?.CompletedCount ?? 0} of ${all} have, ${sent?.ErrorCount ?? 0} failed: ${sent?.Status}`
    },
  },
  undo: () => undo,
})
