import { CreateDBInstanceCommand, ModifyDBClusterCommand } from '@aws-sdk/client-docdb'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { call, program } from '../runbook/command.ts'
import { deleteControl, putControl, switchPosition } from '../runbook/control.ts'
import { cluster, clusterNamed, membersOf, unavailable } from '../runbook/database.ts'
import { replaceOrigins } from '../runbook/groups.ts'
import {
  broken,
  freshNames,
  isReplaced,
  renameCluster,
  renameInstance,
  restored,
  stackNames,
} from '../runbook/restored-names.ts'
import { Refusal, type Runbook, type Step } from '../runbook/runbook.ts'
import { stackOf } from '../runbook/stacks.ts'
import { restoreFailed, startRestore } from '../runbook/start-restore.ts'
import { documentDbOf } from '../src/config.ts'

const hour = 3_600_000
const replace = replaceOrigins(
  'Replace the origins: the same name has the same endpoint, and they connect anew',
)
/** A region that takes over has no origins before their first deployment. */
const reconnect: Step = {
  ...replace,
  commands: async (run) => ((await stackOf(run, 'origin')) === undefined ? [] : replace.commands(run)),
  check: {
    ...replace.check,
    missing: async (run) =>
      (await stackOf(run, 'origin')) === undefined ? undefined : replace.check.missing(run),
  },
}

export const restore: Runbook = {
  name: 'restore',
  database: 'documentdb',
  when: 'Data is lost or wrong: go back to a point in time, or to the last daily backup.',
  about:
    'A restore makes a new cluster beside the present one, which stays as it is until the new one has taken its name, and after that under the name …-broken. For a few documents, stop after the fourth step and copy them; a restored document needs a higher version (_v) than the present one, or edges serve the wrong one. If the cluster is gone, deploy the data stack first: it makes an empty one. Nobody may write while the names move: the fifth step sheds.',
  inputs: {
    time: {
      says: 'point in time such as 2026-11-24T03:00:00Z, or backup for the last daily one',
      pattern: /^(backup|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/,
    },
    vault: {
      says: 'own, or after the loss of a region spillway-STAGE-copies',
      pattern: /^[\w-]{2,50}$/,
      default: 'own',
    },
    'origin-user': {
      says: 'program sets it through a forwarded port; by-hand where no origin runs yet (infra/runbooks/database-shell.md)',
      pattern: /^(program|by-hand)$/,
      default: 'program',
    },
  },
  look: async (run) => {
    const found = (await clusterNamed(run, run.cluster)) ?? (await clusterNamed(run, broken(run)))
    if (found === undefined)
      throw new Refusal(`there is no cluster ${run.cluster}: deploy the data stack first`)
    run.set('subnets', found.DBSubnetGroup ?? '')
    run.set('security', found.VpcSecurityGroups?.[0]?.VpcSecurityGroupId ?? '')
    run.set('parameters', found.DBClusterParameterGroup ?? '')
    run.set('former switch', await switchPosition(run))
  },
  steps: [
    {
      say: 'Restore into a new cluster',
      precondition: {
        say: 'the cluster can be restored to this time',
        missing: async (run) => {
          if (run.input('time') === 'backup') return undefined
          const { EarliestRestorableTime: from, LatestRestorableTime: to } = await cluster(run)
          const time = new Date(run.input('time')).getTime()
          const isWithin = time >= (from?.getTime() ?? 0) && time <= (to?.getTime() ?? 0)
          return isWithin ? undefined : `it can between ${from?.toISOString()} and ${to?.toISOString()}`
        },
      },
      commands: async (run) =>
        (await isReplaced(run)) || (await clusterNamed(run, restored(run))) !== undefined
          ? []
          : [await startRestore(run)],
      check: {
        say: 'the new cluster is available',
        withinMs: 6 * hour,
        missing: async (run) => {
          if (await isReplaced(run)) return undefined
          const failed = await restoreFailed(run)
          if (failed !== undefined) throw new Refusal(failed)
          const found = await clusterNamed(run, restored(run))
          return found?.Status === 'available' ? undefined : `it is ${found?.Status ?? 'not there yet'}`
        },
      },
      undo: (run) => `${restored(run)} serves nobody: delete it, after its deletion protection`,
    },
    {
      say: "Give it the stage's settings, and instances in each zone: it can fail over from its first minute",
      commands: async (run) => {
        if (await isReplaced(run)) return []
        const there = membersOf((await clusterNamed(run, restored(run))) ?? {})
        return [
          call(
            run.aws.docdb,
            new ModifyDBClusterCommand({
              DBClusterIdentifier: restored(run),
              DBClusterParameterGroupName: run.fact('parameters'),
              CloudwatchLogsExportConfiguration: { EnableLogTypes: ['audit', 'profiler'] },
              ApplyImmediately: true,
            }),
          ),
          ...freshNames(run)
            .filter((name) => !there.includes(name))
            .map((name) =>
              call(
                run.aws.docdb,
                new CreateDBInstanceCommand({
                  DBInstanceIdentifier: name,
                  DBClusterIdentifier: restored(run),
                  DBInstanceClass: `db.${documentDbOf(run.config).instanceClass}`,
                  Engine: 'docdb',
                }),
              ),
            ),
        ]
      },
      check: {
        say: 'all its instances are available',
        withinMs: hour,
        missing: async (run) => ((await isReplaced(run)) ? undefined : unavailable(run, freshNames(run))),
      },
      undo: () => 'delete them with the cluster',
    },
    {
      say: "Set the administrator's password to what its secret says: the backup may have an older one",
      commands: async (run) => {
        if (await isReplaced(run)) return []
        const { SecretString = '{}' } = await run.aws.secrets.send(
          new GetSecretValueCommand({ SecretId: `spillway/${run.stage}/database-admin` }),
        )
        const password: string = JSON.parse(SecretString).password
        return [
          call(
            run.aws.docdb,
            new ModifyDBClusterCommand({
              DBClusterIdentifier: restored(run),
              MasterUserPassword: password,
              ApplyImmediately: true,
            }),
            { hidden: ['MasterUserPassword'] },
          ),
        ]
      },
      check: {
        say: 'the cluster is available with it',
        withinMs: hour,
        missing: async (run) => {
          const found = (await clusterNamed(run, restored(run))) ?? (await cluster(run))
          return found.Status === 'available' ? undefined : `it is ${found.Status}`
        },
      },
      undo: () => 'nothing: the secret says the same',
    },
    {
      say: "Set the origin's user, through a tunnel to the database that you open beside this",
      commands: async (run) =>
        run.input('origin-user') === 'by-hand' || (await isReplaced(run))
          ? []
          : [
              program([
                'node',
                'infra/bin/database-user.ts',
                '--stage',
                run.stage,
                '--cluster',
                restored(run),
              ]),
            ],
      check: { say: 'the program has logged in as this user', missing: async () => undefined },
      undo: () => 'nothing: the secret says the same',
    },
    {
      say: 'Shed all but critical requests while the names move',
      commands: async (run) =>
        (await isReplaced(run)) || (await switchPosition(run)) === 'normal'
          ? []
          : putControl(run, 'shed', 'normal', ['--ttl', '7200']),
      check: {
        say: 'the switch reads back as normal, and a minute has passed since',
        withinMs: 2 * 60_000,
        missing: async (run) =>
          (await isReplaced(run)) || (await switchPosition(run)) === 'normal' ? undefined : 'it does not yet',
      },
      undo: (run) =>
        run.fact('former switch') === 'none'
          ? deleteControl(run, 'shed')
          : putControl(run, 'shed', run.fact('former switch')),
    },
    {
      say: 'Move the present cluster and its instances out of the way',
      commands: async (run) => {
        if ((await clusterNamed(run, broken(run))) !== undefined) return []
        const there = membersOf(await cluster(run))
        return [
          ...stackNames(run)
            .filter((name) => there.includes(name))
            .map((name, index) => renameInstance(run, name, `${broken(run)}-${index + 1}`)),
          renameCluster(run, run.cluster, broken(run)),
        ]
      },
      check: {
        say: 'the name is free',
        withinMs: hour,
        missing: async (run) =>
          (await clusterNamed(run, broken(run))) !== undefined ? undefined : 'the cluster still has its name',
      },
      undo: (run) => [
        renameCluster(run, broken(run), run.cluster),
        ...stackNames(run).map((name, index) => renameInstance(run, `${broken(run)}-${index + 1}`, name)),
      ],
    },
    {
      say: 'Give the restored cluster and its instances the names that the stack and the secrets know',
      commands: async (run) => {
        const found = (await clusterNamed(run, restored(run))) ?? (await clusterNamed(run, run.cluster))
        const there = membersOf(found ?? {})
        return [
          ...((await clusterNamed(run, restored(run))) === undefined
            ? []
            : [renameCluster(run, restored(run), run.cluster)]),
          ...freshNames(run).flatMap((name, index) =>
            there.includes(name) ? [renameInstance(run, name, stackNames(run)[index] ?? '')] : [],
          ),
        ]
      },
      check: {
        say: 'the cluster has its name and its instances',
        withinMs: hour,
        missing: async (run) => {
          const found = await clusterNamed(run, run.cluster)
          if (found === undefined) return 'there is no cluster of the name yet'
          const missing = stackNames(run).filter((name) => !membersOf(found).includes(name))
          return missing.length === 0 ? unavailable(run, stackNames(run)) : `not yet: ${missing.join(', ')}`
        },
      },
      undo: (run) => [
        renameCluster(run, run.cluster, restored(run)),
        ...freshNames(run).map((name, index) => renameInstance(run, stackNames(run)[index] ?? '', name)),
      ],
    },
    reconnect,
  ],
  after:
    'Then rotate-database-password twice, for admin and origin, to prove that the schedule works. Stored answers may be newer than the data: scale-out, purge the zone (Caching → Purge everything) while the switch still refuses most misses, then turn it off one step at a time (emergency-shed). Database: cache hits start low. Keep the broken cluster until nobody needs it.',
}
