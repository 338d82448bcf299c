import { FailoverDBClusterCommand } from '@aws-sdk/client-docdb'
import { call } from '../runbook/command.ts'
import { cluster, membersOf, unavailable, writerOf } from '../runbook/database.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

const failover = (run: Run, target: string) =>
  call(
    run.aws.docdb,
    new FailoverDBClusterCommand({ DBClusterIdentifier: run.cluster, TargetDBInstanceIdentifier: target }),
  )

export const databaseFailover: Runbook = {
  name: 'database-failover',
  database: 'documentdb',
  when: 'The primary of the database is slow or does not answer, and DocumentDB does not replace it by itself.',
  about:
    'A reader becomes the primary, and the endpoint follows. Writes fail or wait for about half a minute, at most one (not verified here: measure it in staging). Meanwhile the edge serves stored answers, and the origin answers 503 with Retry-After, or outcome-unknown to a write that may have happened; its client repeats it with the same Idempotency-Key.',
  inputs: {
    from: {
      says: 'name of the sick primary; a run that was cut off then does not fail over twice',
      pattern: /^(primary|[a-z][a-z0-9-]{0,62})$/,
      default: 'primary',
    },
  },
  look: async (run) => {
    const found = await cluster(run)
    const writer = writerOf(found) ?? ''
    run.set('former primary', writer)
    run.set('target', membersOf(found).find((name) => name !== writer) ?? '')
  },
  steps: [
    {
      say: 'Make a reader the primary',
      precondition: {
        say: 'a reader is available',
        missing: async (run) =>
          run.fact('target') === '' ? 'the cluster has no reader' : unavailable(run, [run.fact('target')]),
      },
      commands: async (run) => {
        const writer = writerOf(await cluster(run))
        const isAway = run.input('from') !== 'primary' && run.input('from') !== writer
        return isAway ? [] : [failover(run, run.fact('target'))]
      },
      check: {
        say: 'another instance is the primary',
        withinMs: 5 * 60_000,
        missing: async (run) => {
          const writer = writerOf(await cluster(run))
          const sick = run.input('from') === 'primary' ? run.fact('former primary') : run.input('from')
          return writer === sick ? `${writer} is the primary` : undefined
        },
      },
      undo: (run) => [failover(run, run.fact('former primary'))],
    },
  ],
  after:
    'Database: connections drops to almost nothing and comes back on the new primary; Users: 5xx rises for half a minute. If some origins are still unready after two minutes, they hold connections to the old primary: refresh-origins. The old primary is a reader now: reboot-reader mends one that hangs.',
}
