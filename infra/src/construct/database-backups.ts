import { ArnFormat, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib'
import {
  BackupPlan,
  BackupPlanRule,
  BackupResource,
  BackupVault,
  type IBackupVault,
} from 'aws-cdk-lib/aws-backup'
import type { DatabaseCluster } from 'aws-cdk-lib/aws-docdb'
import { Schedule } from 'aws-cdk-lib/aws-events'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { accept } from '../nag.ts'

const backupTag = 'spillway:backup'
const keep = Duration.days(35)

export interface DatabaseBackupsProps {
  readonly cluster: DatabaseCluster
  readonly config: StageConfig
}

/**
 * Daily snapshots in a vault that outlives the cluster, copied to a vault of the same name in another region. The
 * cluster's own continuous backup restores to any second, but only in its region and only while the cluster exists.
 */
export class DatabaseBackups extends Construct {
  constructor(scope: Construct, id: string, { cluster, config }: DatabaseBackupsProps) {
    super(scope, id)
    const { stage, database } = config
    const backupVault = new BackupVault(this, 'Vault', {
      backupVaultName: `spillway-${stage}`,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    const plan = new BackupPlan(this, 'Plan', { backupVault })
    plan.addRule(
      new BackupPlanRule({
        ruleName: 'daily',
        scheduleExpression: Schedule.cron({ hour: '4', minute: '0' }),
        deleteAfter: keep,
        ...(database.backupCopyRegion && {
          copyActions: [
            { destinationBackupVault: this.vaultIn(database.backupCopyRegion, stage), deleteAfter: keep },
          ],
        }),
      }),
    )
    Tags.of(cluster).add(backupTag, stage)
    const selection = plan.addSelection('Cluster', { resources: [BackupResource.fromTag(backupTag, stage)] })
    accept(
      selection,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]',
      'AWS Backup names this policy as the one its role needs and extends it with new kinds of backup.',
    )
  }

  private vaultIn(region: string, stage: string): IBackupVault {
    const arn = Stack.of(this).formatArn({
      service: 'backup',
      region,
      resource: 'backup-vault',
      resourceName: `spillway-${stage}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    return BackupVault.fromBackupVaultArn(this, 'CopyVault', arn)
  }
}
