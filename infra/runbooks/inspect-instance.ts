import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm'
import { call } from '../runbook/command.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

/** They read, and each may fail: an instance is an origin or a connector. */
const looks = [
  'systemctl --no-pager status spillway-origin spillway-tunnel 2> /dev/null | head -n 30',
  'curl -sk https://127.0.0.1:3000/readyz',
  "curl -sk https://127.0.0.1:3000/metrics | grep -E 'pool_wait_p99|admission_(admitted|shed)'",
  'journalctl --no-pager -u spillway-tunnel -n 30 2> /dev/null',
  'tail -n 20 /var/log/spillway/origin.log 2> /dev/null',
  '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a status',
  'tail -n 20 /opt/aws/amazon-cloudwatch-agent/logs/amazon-cloudwatch-agent.log',
  'df -h / ; free -m',
  'true',
]

const invocation = (run: Run) =>
  run.aws.ssm.send(
    new GetCommandInvocationCommand({ CommandId: run.fact('command'), InstanceId: run.input('instance') }),
  )

export const inspectInstance: Runbook = {
  name: 'inspect-instance',
  when: 'One origin or connector looks sick, or no origin reports its pressure (SignalsSilent): what does it say itself?',
  about:
    'Runs commands on the instance that only read, through Systems Manager, which records them. While signals are silent the group still grows by requests and CPU: watch Users. For a shell: aws ssm start-session --target INSTANCE.',
  inputs: { instance: { says: 'id of the instance', pattern: /^i-[0-9a-f]{8,17}$/ } },
  steps: [
    {
      say: 'Ask the instance how its programs, metrics and disk are',
      commands: (run) => [
        call(
          run.aws.ssm,
          new SendCommandCommand({
            DocumentName: 'AWS-RunShellScript',
            InstanceIds: [run.input('instance')],
            Parameters: { commands: looks },
          }),
          { keep: ({ Command }) => run.set('command', Command?.CommandId ?? '') },
        ),
      ],
      check: {
        say: 'it has answered',
        withinMs: 60_000,
        missing: async (run) => {
          const { Status, StandardOutputContent = '' } = await invocation(run)
          if (Status !== 'Success') return `the command is ${Status}`
          run.set('answer', StandardOutputContent)
          return undefined
        },
      },
      undo: () => 'nothing: it only reads',
    },
  ],
  after:
    'Not ready for one reason only on one instance: drain-instance. The same on all: npm run why, or the release (roll-back-origin).',
  result: (run) => run.fact('answer'),
}
