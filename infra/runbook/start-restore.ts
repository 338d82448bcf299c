import {
  DescribeRestoreJobCommand,
  GetRecoveryPointRestoreMetadataCommand,
  ListRecoveryPointsByBackupVaultCommand,
  StartRestoreJobCommand,
} from '@aws-sdk/client-backup'
import { RestoreDBClusterToPointInTimeCommand } from '@aws-sdk/client-docdb'
import { databasePort } from '../src/construct/access-path.ts'
import { type Command, call } from './command.ts'
import { restored } from './restored-names.ts'
import type { Run } from './run.ts'
import { Refusal } from './runbook.ts'
import { stackOf } from './stacks.ts'

/** Begins to make a new cluster of the continuous backup, or of the last daily one. */
export async function startRestore(run: Run): Promise<Command> {
  const [subnets, security] = [run.fact('subnets'), run.fact('security')]
  if (run.input('time') !== 'backup') {
    return call(
      run.aws.docdb,
      new RestoreDBClusterToPointInTimeCommand({
        SourceDBClusterIdentifier: run.cluster,
        DBClusterIdentifier: restored(run),
        RestoreToTime: new Date(run.input('time')),
        Port: databasePort,
        DBSubnetGroupName: subnets,
        VpcSecurityGroupIds: [security],
        DeletionProtection: true,
      }),
    )
  }
  const vault = run.input('vault') === 'own' ? `spillway-${run.stage}-${run.region}` : run.input('vault')
  const { RecoveryPoints = [] } = await run.aws.backup.send(
    new ListRecoveryPointsByBackupVaultCommand({ BackupVaultName: vault }),
  )
  const [newest] = RecoveryPoints.filter(({ Status }) => Status === 'COMPLETED').toSorted(
    (a, b) => (b.CreationDate?.getTime() ?? 0) - (a.CreationDate?.getTime() ?? 0),
  )
  if (newest === undefined) throw new Refusal(`the vault ${vault} has no complete backup`)
  const { RestoreMetadata = {} } = await run.aws.backup.send(
    new GetRecoveryPointRestoreMetadataCommand({
      BackupVaultName: vault,
      RecoveryPointArn: newest.RecoveryPointArn,
    }),
  )
  const role = (await stackOf(run, 'data'))?.Outputs?.find(
    ({ OutputKey }) => OutputKey === 'RestoreRole',
  )?.OutputValue
  if (role === undefined)
    throw new Refusal('the data stack has no role that restores: only protected stages have backups')
  return call(
    run.aws.backup,
    new StartRestoreJobCommand({
      RecoveryPointArn: newest.RecoveryPointArn,
      IamRoleArn: role,
      // It names the cluster that was backed up, and its network, which may be a lost region's.
      Metadata: {
        ...RestoreMetadata,
        DBClusterIdentifier: restored(run),
        Port: String(databasePort),
        DBSubnetGroupName: subnets,
        VpcSecurityGroupIds: JSON.stringify([security]),
      },
    }),
    { keep: ({ RestoreJobId }) => run.set('job', RestoreJobId ?? '') },
  )
}

/** State of a restore job that has failed, in words. */
export async function restoreFailed(run: Run): Promise<string | undefined> {
  const job = run.input('time') === 'backup' ? run.fact('job') : ''
  if (job === '' || job.startsWith('‹')) return undefined
  const { Status, StatusMessage } = await run.aws.backup.send(
    new DescribeRestoreJobCommand({ RestoreJobId: job }),
  )
  return Status === 'FAILED' || Status === 'ABORTED' ? `${Status}: ${StatusMessage}` : undefined
}
