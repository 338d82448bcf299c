import {
  DescribeDBInstancesCommand,
  FailoverDBClusterCommand,
  ModifyDBInstanceCommand,
} from '@aws-sdk/client-docdb'
import { type Command, call } from '../runbook/command.ts'
import { cluster, membersOf, unavailable, writerOf } from '../runbook/database.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

async function classOf(run: Run, name: string): Promise<string | undefined> {
  const { DBInstances = [] } = await run.aws.docdb.send(
    new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }),
  )
  return DBInstances[0]?.DBInstanceClass
}

const wanted = (run: Run) => `db.${run.input('class')}`

const resize = (run: Run, name: string, klass: string): Command =>
  call(
    run.aws.docdb,
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: name,
      DBInstanceClass: klass,
      ApplyImmediately: true,
    }),
  )

/** Members that have another class, without those that one keeps apart. */
async function smaller(run: Run, except?: string): Promise<readonly string[]> {
  const names = membersOf(await cluster(run)).filter((name) => name !== except)
  const classes = await Promise.all(names.map(async (name) => [name, await classOf(run, name)] as const))
  return classes.filter(([, klass]) => klass !== wanted(run)).map(([name]) => name)
}

const isBigger = async (run: Run, except?: string): Promise<string | undefined> => {
  const left = await smaller(run, except)
  if (left.length > 0) return `${left.join(', ')} still the old class`
  return unavailable(run, membersOf(await cluster(run)))
}

export const biggerDatabase: Runbook = {
  name: 'bigger-database',
  database: 'documentdb',
  when: 'The database is the bottleneck: over 80 % busy, throttled, or short of memory, cursors or temporary files; more connections would make it worse.',
  about:
    'Readers first, then one of them becomes the primary, then the former primary. Writes fail for about half a minute once. Set the same class in infra/src/stages.ts, or the next deployment reverts it. First see whether the load can go: emergency-shed, or an index build that can wait.',
  inputs: {
    class: {
      says: 'instance class such as r6g.2xlarge',
      pattern: /^[a-z]\d\w{1,3}\.\d{0,2}x?large$|^t\dg?\.medium$/,
    },
  },
  look: async (run) => {
    const found = await cluster(run)
    const writer = writerOf(found) ?? ''
    run.set('primary', writer)
    run.set('former class', (await classOf(run, writer)) ?? '')
    run.set('reader', membersOf(found).find((name) => name !== writer) ?? '')
  },
  steps: [
    {
      say: 'Change the class of the readers',
      precondition: {
        say: 'there is a reader, and all instances are available',
        missing: async (run) =>
          run.fact('reader') === ''
            ? 'the cluster has no reader'
            : unavailable(run, membersOf(await cluster(run))),
      },
      commands: async (run) =>
        (await smaller(run, run.fact('primary'))).map((name) => resize(run, name, wanted(run))),
      check: {
        say: 'the readers are available in the new class',
        withinMs: 60 * 60_000,
        missing: (run) => isBigger(run, run.fact('primary')),
      },
      undo: (run) => [run.fact('reader')].map((name) => resize(run, name, run.fact('former class'))),
    },
    {
      say: 'Make a reader the primary',
      commands: async (run) => {
        if ((await classOf(run, run.fact('primary'))) === wanted(run)) return []
        return [
          call(
            run.aws.docdb,
            new FailoverDBClusterCommand({
              DBClusterIdentifier: run.cluster,
              TargetDBInstanceIdentifier: run.fact('reader'),
            }),
          ),
        ]
      },
      check: {
        say: 'the primary has the new class',
        withinMs: 5 * 60_000,
        missing: async (run) => {
          const writer = writerOf(await cluster(run)) ?? ''
          return (await classOf(run, writer)) === wanted(run) ? undefined : `${writer} is the primary`
        },
      },
      undo: () => 'npm run runbook -- database-failover',
    },
    {
      say: 'Change the class of the former primary',
      commands: async (run) => (await smaller(run)).map((name) => resize(run, name, wanted(run))),
      check: {
        say: 'all instances are available in the new class',
        withinMs: 60 * 60_000,
        missing: (run) => isBigger(run),
      },
      undo: (run) => [resize(run, run.fact('primary'), run.fact('former class'))],
    },
  ],
  after:
    'Database: busy falls; connections drops once and comes back. A bigger class allows more connections: fleet.max and origin.poolSize in stages.ts may grow with it (npm run synth prints the budget).',
}
