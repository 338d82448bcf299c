import { StartRestoreJobCommand } from '@aws-sdk/client-backup'
import { CreateDBInstanceCommand } from '@aws-sdk/client-docdb'
import { afterAll, beforeAll, expect } from 'vitest'
import { call, program } from '../../runbook/command.ts'
import { restore } from '../../runbooks/restore.ts'
import { proves, withoutStep, withStep } from './prove.ts'
import { startTlsMongod, type TlsMongod } from './tls-mongod.ts'
import type { World } from './world.ts'

/** The database behind the restored cluster: a port that Session Manager forwards. */
let mongod: TlsMongod
const administrator = { username: 'spillway_admin', password: 'p4ssw0rd-of-the-administrator' }
const origin = { username: 'spillway_origin', password: 'p4ssw0rd-of-the-origin' }
beforeAll(async () => {
  mongod = await startTlsMongod(
    'spillway-production-restored.cluster-x.us-east-1.docdb.amazonaws.com',
    administrator.username,
    administrator.password,
  )
})
afterAll(() => mongod?.stop())

const arrange = (world: World): void => {
  world.env({ DATABASE_PORT: String(mongod.port), DATABASE_CA: mongod.authority })
  world.aws.secrets.values.set('spillway/production/database-admin', JSON.stringify(administrator))
  world.aws.secrets.values.set('spillway/production/database-origin', JSON.stringify(origin))
}

const isRestored = (world: World): void => {
  const { database } = world.aws
  expect([...database.clusters.keys()].toSorted()).toEqual([
    'spillway-production',
    'spillway-production-broken',
  ])
  const { port, parameters, logs, password } = database.cluster('spillway-production')
  expect({ port, logs, password }).toEqual({
    port: 27_018,
    logs: ['audit', 'profiler'],
    password: administrator.password,
  })
  expect(parameters).toBe(database.cluster('spillway-production-broken').parameters)
  expect(database.membersOf('spillway-production').map(({ name, klass }) => [name, klass])).toEqual(
    [1, 2, 3].map((number) => [`spillway-productioninstance${number}`, 'db.r6g.xlarge']),
  )
  expect(world.published).toMatchObject([{ name: 'shed', value: 'normal' }])
  for (const { password: secret } of [administrator, origin])
    expect(world.shown.join('\n')).not.toContain(secret)
}

proves(restore, {
  inputs: { time: '2026-11-24T03:00:00Z' },
  arrange,
  expect: isRestored,
  repeats: 'the origins are replaced by each run',
  expectUndone: (world) => {
    const { database } = world.aws
    expect(database.membersOf('spillway-production').map(({ name }) => name)).toHaveLength(3)
    expect([...database.clusters.keys()].toSorted()).toEqual([
      'spillway-production',
      'spillway-production-restored',
    ])
    expect(world.published).toEqual([])
  },
  bugs: [
    {
      what: 'a time that is not kept any more',
      in: (runbook) =>
        withStep(1, () => ({ precondition: { say: '', missing: async () => undefined } }))({
          ...runbook,
          look: async (run) => {
            await runbook.look?.(run)
            const { input } = run
            run.input = (name) => (name === 'time' ? '2026-01-01T00:00:00Z' : input.call(run, name))
          },
        }),
      noticed: /cannot restore to/,
    },
    {
      what: 'the administrator’s password of the backup',
      in: withStep(3, () => ({ commands: () => [] })),
      noticed: /has passwords that no secret names/,
    },
    {
      what: 'a name that is still in use',
      in: withoutStep(6),
      noticed: /DB Cluster spillway-production already exists/,
    },
    {
      what: 'one instance of a class that does not exist',
      in: withStep(2, () => ({
        commands: ({ aws, cluster }) => [
          call(
            aws.docdb,
            new CreateDBInstanceCommand({
              ...{
                DBInstanceIdentifier: `${cluster}-restored-1`,
                DBClusterIdentifier: `${cluster}-restored`,
              },
              ...{ DBInstanceClass: 'r6g.xlarge', Engine: 'docdb' },
            }),
          ),
        ],
      })),
      noticed: /Invalid DB Instance class/,
    },
    {
      what: 'a user of the database that is set through no open port',
      in: withStep(4, () => ({
        commands: ({ stage }) => [
          program([
            'node',
            'infra/bin/database-user.ts',
            '--stage',
            stage,
            '--cluster',
            `spillway-${stage}-restored`,
            '--port',
            '1',
          ]),
        ],
      })),
      noticed: /aws ssm start-session .*AWS-StartPortForwardingSessionToRemoteHost/,
    },
  ],
})

proves(
  { ...restore, name: 'restore, from a backup' },
  {
    isVariant: true,
    inputs: { time: 'backup' },
    arrange,
    expect: isRestored,
    repeats: 'the origins are replaced by each run',
    bugs: [
      {
        what: 'the role of the backup plan, which may not restore',
        in: withStep(1, () => ({
          commands: ({ aws }) => [
            call(
              aws.backup,
              new StartRestoreJobCommand({
                RecoveryPointArn: 'arn:aws:rds:us-east-1:111122223333:cluster-snapshot:awsbackup:job-2',
                IamRoleArn:
                  'arn:aws:iam::111122223333:role/spillway-production-data-BackupsPlanClusterRoleF8FFC4BC',
                Metadata: { DBClusterIdentifier: 'spillway-production-restored' },
              }),
            ),
          ],
        })),
        noticed: /not authorized to perform: iam:PassRole/,
      },
      {
        what: 'the network of the backup',
        in: withStep(1, ({ commands }) => ({
          commands: async (run) => {
            run.set('subnets', 'subnets-of-the-lost-region')
            return commands(run)
          },
        })),
        noticed: /DB subnet group 'subnets-of-the-lost-region' does not exist/,
      },
    ],
  },
)
