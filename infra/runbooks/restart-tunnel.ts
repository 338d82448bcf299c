import { oneAtATime } from '../runbook/one-at-a-time.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

/** Group of a tunnel's connectors. */
export const connectors = (run: Run): string => `spillway-tunnel-${run.stage}-${run.input('tunnel')}`

export const restartConnectors = oneAtATime({
  say: 'Restart the connectors of this tunnel, one at a time',
  done: 'each connector has restarted',
  group: connectors,
  commands: ['systemctl restart spillway-tunnel'],
  undo: 'nothing: they are what they were; after a new token, put the former one back and restart again',
})

export const restartTunnel: Runbook = {
  name: 'restart-tunnel',
  when: 'The edge does not reach the origins, though they are well: a tunnel is silent, thin or fails.',
  about:
    'Connectors restart one at a time: all at once would leave the edge without this way in for as long as they drain. It uses the other tunnel meanwhile. A connector without a connection for five minutes is replaced by itself; drain-instance does it at once. If the tunnels of a region are all silent and its groups are not healthy, it is the region: infra/runbooks/region-outage.md.',
  inputs: { tunnel: { says: 'number of the tunnel, from 1', pattern: /^[1-9]$/ } },
  steps: [restartConnectors],
  after:
    'Way in: each connector has its connections again; TunnelThin is quiet after five minutes. If not: inspect-instance shows a connector.',
}
