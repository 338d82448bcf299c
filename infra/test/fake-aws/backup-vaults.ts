import * as client from '@aws-sdk/client-backup'
import { Fault } from './protocol.ts'
import type { Operation, Service } from './server.ts'

/** AWS Backup of one region: its vaults, and the types of resources that it takes part of. */
export class BackupVaults {
  readonly vaults = new Set<string>()
  readonly optIns: Record<string, boolean> = { DocumentDB: false }

  get operations(): Readonly<Record<string, Operation>> {
    const anywhere = (action: string) => () => [{ action: `backup:${action}`, resource: '*' }]
    return {
      ListBackupVaults: {
        wants: anywhere('ListBackupVaults'),
        answer: () => ({ BackupVaultList: [...this.vaults].map((BackupVaultName) => ({ BackupVaultName })) }),
      },
      CreateBackupVault: {
        wants: anywhere('CreateBackupVault'),
        answer: ({ BackupVaultName }) => {
          if (this.vaults.has(String(BackupVaultName)))
            throw new Fault('AlreadyExistsException', String(BackupVaultName))
          this.vaults.add(String(BackupVaultName))
          return { BackupVaultName }
        },
      },
      DescribeRegionSettings: {
        wants: anywhere('DescribeRegionSettings'),
        answer: () => ({ ResourceTypeOptInPreference: this.optIns }),
      },
      UpdateRegionSettings: {
        wants: anywhere('UpdateRegionSettings'),
        answer: ({ ResourceTypeOptInPreference }) => {
          Object.assign(this.optIns, ResourceTypeOptInPreference)
          return {}
        },
      },
    }
  }

  get service(): Service {
    return { protocol: 'rest', client, operations: this.operations }
  }
}
