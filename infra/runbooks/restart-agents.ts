import { groupNamed, inService } from '../runbook/groups.ts'
import { oneAtATime } from '../runbook/one-at-a-time.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

const tier = (run: Run): string =>
  run.input('tier') === 'origin' ? run.group : `spillway-${run.input('tier').replace('-', `-${run.stage}-`)}`

const agent = '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl'

/** A full disk stops the agent first: old logs go before it starts. The last command fails where it does not run. */
const mend = [
  'logrotate --force /etc/logrotate.d/spillway || true',
  'journalctl --vacuum-size=200M',
  'systemctl restart amazon-cloudwatch-agent',
  'sleep 5',
  `${agent} -a status | grep -q '"status": "running"'`,
]

export const restartAgents: Runbook = {
  name: 'restart-agents',
  when: 'Logs or metrics of the instances do not arrive (SignalsSilent, an empty dashboard), though the instances serve.',
  about:
    'Restarts the CloudWatch agent of each instance, one at a time, and makes room on its disk; requests are not touched. Meanwhile the group grows by requests and CPU alone, and npm run why sees less. If the agents run and nothing arrives: an account limit of CloudWatch Logs, or a log group that was deleted (deploy-origin makes it again). The edge has logs of its own: wrangler tail shows them live when Workers Logs does not.',
  inputs: {
    tier: { says: 'origin, tunnel-1, tunnel-2, …', pattern: /^(origin|tunnel-[1-9])$/, default: 'origin' },
  },
  steps: [
    {
      precondition: {
        say: 'the group has instances in service',
        missing: async (run) =>
          inService(await groupNamed(run, tier(run))) > 0 ? undefined : 'none: scale-out, or npm run why',
      },
      ...oneAtATime({
        say: 'Restart the agent of each instance, one at a time',
        done: 'the agent of each instance in service runs',
        group: tier,
        commands: mend,
        undo: 'nothing: an agent that runs is what was there',
      }),
    },
  ],
  after:
    'Pressure and Refused have points again after two minutes, log streams after one. On one instance only, still silent: inspect-instance, then drain-instance.',
}
