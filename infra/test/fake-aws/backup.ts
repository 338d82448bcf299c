import * as client from '@aws-sdk/client-backup'
import type { DocumentDb } from './documentdb.ts'
import { Fault, type Fields } from './protocol.ts'
import type { Service } from './server.ts'
import { account, region, type StackTemplate } from './template.ts'

/** AWS Backup: two recovery points in each vault, and restores, whose role must have the policy for them. */
export class Backup {
  readonly #database: DocumentDb
  readonly #template: StackTemplate
  readonly #jobs = new Map<string, string>()

  constructor(template: StackTemplate, database: DocumentDb) {
    this.#template = template
    this.#database = database
  }

  get service(): Service {
    const onPoint =
      (action: string) =>
      ({ RecoveryPointArn }: Fields) => [{ action: `backup:${action}`, resource: String(RecoveryPointArn) }]
    return {
      protocol: 'rest',
      client,
      operations: {
        ListRecoveryPointsByBackupVault: {
          wants: ({ BackupVaultName }) => [
            {
              action: 'backup:ListRecoveryPointsByBackupVault',
              resource: `arn:aws:backup:${region}:${account}:backup-vault:${BackupVaultName}`,
            },
          ],
          answer: ({ BackupVaultName }) => ({
            RecoveryPoints: [1, 2].map((day) => ({
              RecoveryPointArn: pointArn(day),
              BackupVaultName,
              Status: 'COMPLETED',
              CreationDate: new Date(Date.UTC(2026, 10, day)),
            })),
          }),
        },
        GetRecoveryPointRestoreMetadata: {
          wants: onPoint('GetRecoveryPointRestoreMetadata'),
          answer: ({ RecoveryPointArn }) => ({
            RecoveryPointArn,
            // Names the cluster that the backup was made of, and its network.
            RestoreMetadata: {
              DBClusterIdentifier: 'spillway-production',
              Engine: 'docdb',
              EngineVersion: '5.0.0',
              DBSubnetGroupName: 'subnets-of-the-lost-region',
              VpcSecurityGroupIds: '["sg-of-the-lost-region"]',
              Port: '27017',
            },
          }),
        },
        StartRestoreJob: {
          wants: ({ RecoveryPointArn, IamRoleArn }) => [
            { action: 'backup:StartRestoreJob', resource: String(RecoveryPointArn) },
            {
              action: 'iam:PassRole',
              resource: String(IamRoleArn),
              context: { 'iam:PassedToService': 'backup.amazonaws.com' },
            },
          ],
          answer: (input) => this.#restore(input),
        },
        DescribeRestoreJob: {
          wants: () => [{ action: 'backup:DescribeRestoreJob', resource: '*' }],
          answer: ({ RestoreJobId }) => {
            const Status = this.#jobs.get(String(RestoreJobId))
            if (Status === undefined) throw new Fault('ResourceNotFoundException', `no job ${RestoreJobId}`)
            this.#jobs.set(String(RestoreJobId), 'COMPLETED')
            return { RestoreJobId, Status }
          },
        },
      },
    }
  }

  #restore({ RecoveryPointArn, IamRoleArn, Metadata }: Fields): Fields {
    if (![1, 2].some((day) => pointArn(day) === RecoveryPointArn)) {
      throw new Fault('ResourceNotFoundException', `no recovery point ${RecoveryPointArn}`)
    }
    const role = String(IamRoleArn).slice(`arn:aws:iam::${account}:role/${this.#template.name}-`.length)
    const policies = JSON.stringify(this.#template.resources[role]?.Properties.ManagedPolicyArns ?? [])
    if (!policies.includes('AWSBackupServiceRolePolicyForRestores')) {
      throw new Fault(
        'AccessDeniedException',
        `${IamRoleArn} is not authorized to perform rds:RestoreDBClusterFromSnapshot`,
      )
    }
    const {
      DBClusterIdentifier,
      Port,
      DBSubnetGroupName,
      VpcSecurityGroupIds = '[]',
    } = Metadata as Record<string, string>
    this.#database.restored(String(DBClusterIdentifier), {
      port: Number(Port ?? 27_017),
      subnets: DBSubnetGroupName ?? 'default',
      security: JSON.parse(VpcSecurityGroupIds)[0] ?? 'default',
    })
    const id = `job-${this.#jobs.size + 1}`
    this.#jobs.set(id, 'RUNNING')
    return { RestoreJobId: id }
  }
}

const pointArn = (day: number): string =>
  `arn:aws:rds:${region}:${account}:cluster-snapshot:awsbackup:job-${day}`
