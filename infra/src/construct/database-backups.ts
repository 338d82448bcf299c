import {
  ArnFormat,
  Aws,
  CfnCondition,
  CfnOutput,
  Duration,
  Fn,
  RemovalPolicy,
  Stack,
  Tags,
} from 'aws-cdk-lib'
import {
  BackupPlan,
  BackupPlanRule,
  BackupResource,
  BackupVault,
  type CfnBackupPlan,
} from 'aws-cdk-lib/aws-backup'
import type { DatabaseCluster } from 'aws-cdk-lib/aws-docdb'
import { Schedule } from 'aws-cdk-lib/aws-events'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct, type IConstruct } from 'constructs'
import { documentDbOf, type StageConfig } from '../config.ts'
import { accept } from '../nag.ts'

const backupTag = 'spillway:backup'
const keep = Duration.days(35)

export interface DatabaseBackupsProps {
  readonly cluster: DatabaseCluster
  readonly config: StageConfig
}

/**
 * Daily snapshots in a vault that outlives the cluster, copied to a vault in another region, and the role that restores
 * one. The cluster's own continuous backup restores to any second, but only in its region and only while the cluster
 * exists.
 */
export class DatabaseBackups extends Construct {
  /** Role that may restore a backup. */
  readonly restoreRole: Role

  constructor(scope: Construct, id: string, { cluster, config }: DatabaseBackupsProps) {
    super(scope, id)
    const { stage } = config
    const database = documentDbOf(config)
    const backupVault = new BackupVault(this, 'Vault', {
      // The region in the name keeps it distinct from the vault of copies, which may be in the same region.
      backupVaultName: `spillway-${stage}-${Aws.REGION}`,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    const plan = new BackupPlan(this, 'Plan', { backupVault })
    plan.addRule(
      new BackupPlanRule({
        ruleName: 'daily',
        scheduleExpression: Schedule.cron({ hour: '4', minute: '0' }),
        deleteAfter: keep,
      }),
    )
    if (database.backupCopyRegion) this.copy(plan, stage, database.backupCopyRegion)
    Tags.of(cluster).add(backupTag, stage)
    const selection = plan.addSelection('Cluster', { resources: [BackupResource.fromTag(backupTag, stage)] })
    acceptServicePolicy(selection, 'AWSBackupServiceRolePolicyForBackup')
    this.restoreRole = this.makeRestoreRole()
  }

  /**
   * Copies each backup to the vault `spillway-<stage>-copies` of the region, which the README has created by hand. When
   * that region has taken over, this stack runs there itself, and has nowhere to copy to.
   */
  private copy(plan: BackupPlan, stage: string, region: string): void {
    const isElsewhere = new CfnCondition(this, 'CopiesAreElsewhere', {
      expression: Fn.conditionNot(Fn.conditionEquals(Aws.REGION, region)),
    })
    const vault = Stack.of(this).formatArn({
      service: 'backup',
      region,
      resource: 'backup-vault',
      resourceName: `spillway-${stage}-copies`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    const copies = [{ DestinationBackupVaultArn: vault, Lifecycle: { DeleteAfterDays: keep.toDays() } }]
    // The cast: a plan's default child is the resource that it wraps, and the construct's own copies have no condition.
    const resource = plan.node.defaultChild as CfnBackupPlan
    resource.addPropertyOverride(
      'BackupPlan.BackupPlanRule.0.CopyActions',
      Fn.conditionIf(isElsewhere.logicalId, copies, Aws.NO_VALUE),
    )
  }

  /**
   * Role of the restore runbook. The plan's own role may make backups and nothing else ("Managed policies for AWS
   * Backup", docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html).
   */
  private makeRestoreRole(): Role {
    const name = 'AWSBackupServiceRolePolicyForRestores'
    const role = new Role(this, 'RestoreRole', {
      assumedBy: new ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(`service-role/${name}`)],
    })
    acceptServicePolicy(role, name)
    new CfnOutput(Stack.of(this), 'RestoreRole', {
      description: 'Role of the restore runbook',
      value: role.roleArn,
    })
    return role
  }
}

function acceptServicePolicy(scope: IConstruct, name: string): void {
  accept(
    scope,
    `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${name}]`,
    'AWS Backup names this policy as the one its role needs and extends it with new kinds of backup.',
  )
}
