import { DescribeSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { call } from '../runbook/command.ts'
import { replaceOrigins } from '../runbook/groups.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

const secret = (run: Run) => `spillway/${run.stage}/database-${run.input('user')}`

const recentMs = 10 * 60_000

async function lastRotatedMs(run: Run): Promise<number> {
  const { LastRotatedDate } = await run.aws.secrets.send(new DescribeSecretCommand({ SecretId: secret(run) }))
  return LastRotatedDate?.getTime() ?? 0
}

export const rotateDatabasePassword: Runbook = {
  name: 'rotate-database-password',
  database: 'documentdb',
  when: "The database's password has leaked, its rotation has failed, or must be proven to work.",
  about:
    'It rotates by itself every thirty days. For the origins two users alternate: a rotation changes the password of the unused one, and the origins that replace the present ones log in with it. After a leak run this twice, a quarter of an hour apart. The log of the rotation function shows a failure.',
  inputs: { user: { says: 'origin or admin', pattern: /^(origin|admin)$/, default: 'origin' } },
  steps: [
    {
      say: 'Rotate the secret',
      // A run that was cut off has rotated it.
      commands: async (run) =>
        run.nowMs() - (await lastRotatedMs(run)) < recentMs
          ? []
          : [call(run.aws.secrets, new RotateSecretCommand({ SecretId: secret(run) }))],
      check: {
        say: 'the rotation has succeeded',
        withinMs: 5 * 60_000,
        missing: async (run) => {
          const lastMs = await lastRotatedMs(run)
          if (run.nowMs() - lastMs < recentMs) return undefined
          return `it was last rotated ${lastMs === 0 ? 'never' : new Date(lastMs).toISOString()}`
        },
      },
      undo: () => 'nothing: the former user keeps its password until the next rotation',
    },
    {
      ...replaceOrigins('Replace the origins, so that all use the new user'),
      commands: (run) => (run.input('user') === 'admin' ? [] : replaceOrigins('').commands(run)),
    },
  ],
  after: 'Database: connections changes with the refresh, Users does not.',
}
