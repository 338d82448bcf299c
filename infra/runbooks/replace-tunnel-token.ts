import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { call } from '../runbook/command.ts'
import { isWhole } from '../runbook/groups.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { connectors, restartConnectors } from './restart-tunnel.ts'

const secret = (run: Run) => `spillway/${run.stage}/tunnel-token-${run.input('tunnel')}`

const put = (run: Run, value: string) =>
  call(run.aws.secrets, new PutSecretValueCommand({ SecretId: secret(run), SecretString: value }), {
    hidden: ['SecretString'],
  })
const present = async (run: Run): Promise<string> => {
  const { SecretString = '' } = await run.aws.secrets.send(
    new GetSecretValueCommand({ SecretId: secret(run) }),
  )
  return SecretString
}

export const replaceTunnelToken: Runbook = {
  name: 'replace-tunnel-token',
  when: "A tunnel's token has leaked, was refreshed in Cloudflare, or a new tunnel gets its first one.",
  about:
    'First refresh the token in Cloudflare: Networks → Tunnels → Refresh token. Open connections stay until the restart.',
  inputs: {
    tunnel: { says: 'number of the tunnel, from 1', pattern: /^[1-9]$/ },
    token: { says: 'the token that Cloudflare shows', pattern: /^[\w+/=.-]{20,}$/, secretIn: 'TUNNEL_TOKEN' },
  },
  look: async (run) => run.set('former token', await present(run)),
  steps: [
    {
      say: 'Put the token into its secret',
      precondition: isWhole(connectors),
      commands: async (run) =>
        (await present(run)) === run.input('token') ? [] : [put(run, run.input('token'))],
      check: {
        say: 'the secret has it',
        missing: async (run) => ((await present(run)) === run.input('token') ? undefined : 'it has another'),
      },
      undo: (run) => [put(run, run.fact('former token'))],
    },
    restartConnectors,
  ],
  after:
    'Way in: each connector has its connections again; TunnelThin is quiet after five minutes. The edge uses the other tunnel meanwhile.',
}
