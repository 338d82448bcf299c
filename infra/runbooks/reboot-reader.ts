import { RebootDBInstanceCommand } from '@aws-sdk/client-docdb'
import { call } from '../runbook/command.ts'
import { cluster, membersOf, unavailable, writerOf } from '../runbook/database.ts'
import type { Runbook } from '../runbook/runbook.ts'

export const rebootReader: Runbook = {
  name: 'reboot-reader',
  database: 'documentdb',
  when: 'An instance of the database that is not the primary hangs, or needs a restart for a parameter.',
  inputs: { instance: { says: 'name of the instance', pattern: /^[a-z][a-z0-9-]{0,62}$/ } },
  steps: [
    {
      say: 'Restart the instance',
      precondition: {
        say: 'it is a reader of this cluster',
        missing: async (run) => {
          const found = await cluster(run)
          if (!membersOf(found).includes(run.input('instance')))
            return `the cluster has ${membersOf(found).join(', ')}`
          return writerOf(found) === run.input('instance')
            ? 'it is the primary: database-failover first'
            : undefined
        },
      },
      commands: (run) => [
        call(run.aws.docdb, new RebootDBInstanceCommand({ DBInstanceIdentifier: run.input('instance') })),
      ],
      check: {
        say: 'it is available',
        withinMs: 15 * 60_000,
        missing: (run) => unavailable(run, [run.input('instance')]),
      },
      undo: () => 'nothing: it changes no settings',
    },
  ],
  after: 'Users does not change: the origins read and write at the primary.',
}
