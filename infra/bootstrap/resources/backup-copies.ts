import {
  CreateBackupVaultCommand,
  DescribeRegionSettingsCommand,
  ListBackupVaultsCommand,
  UpdateRegionSettingsCommand,
} from '@aws-sdk/client-backup'
import { call } from '../../runbook/command.ts'
import type { Resource, Setup } from '../resource.ts'

const vault = ({ run }: Setup) => `spillway-${run.stage}-copies`
const copyRegion = ({ run: { config } }: Setup) =>
  config.database.kind === 'documentdb' ? config.database.backupCopyRegion : undefined

/** Vault in another region that gets copies of the daily backups. */
export const copiesVault: Resource = {
  name: 'vault of the copies of backups',
  wanted: () => ({}),
  read: async (setup) => {
    const region = copyRegion(setup)
    if (region === undefined) return {}
    const { BackupVaultList = [] } = await setup
      .inRegion(region)
      .aws.backup.send(new ListBackupVaultsCommand({ MaxResults: 1_000 }))
    return BackupVaultList.some(({ BackupVaultName }) => BackupVaultName === vault(setup)) ? {} : undefined
  },
  make: (setup) => {
    const { backup } = setup.inRegion(copyRegion(setup) ?? '').aws
    return [call(backup, new CreateBackupVaultCommand({ BackupVaultName: vault(setup) }))]
  },
}

/** AWS Backup leaves DocumentDB out, without a word, in a region that has not opted it in. */
export const backupOptIn = (which: 'home' | 'copies'): Resource => {
  const runOf = (setup: Setup) => {
    const region = copyRegion(setup)
    if (region === undefined) return undefined
    return which === 'home' ? setup.run : setup.inRegion(region)
  }
  return {
    name: `DocumentDB in AWS Backup, region of the ${which === 'home' ? 'stage' : 'copies'}`,
    wanted: (setup) => (runOf(setup) === undefined ? {} : { 'opted in': true }),
    read: async (setup) => {
      const run = runOf(setup)
      if (run === undefined) return {}
      const { ResourceTypeOptInPreference: preference = {} } = await run.aws.backup.send(
        new DescribeRegionSettingsCommand({}),
      )
      return { 'opted in': preference.DocumentDB === true }
    },
    make: (setup) => {
      const run = runOf(setup)
      if (run === undefined) return []
      const ResourceTypeOptInPreference = { DocumentDB: true }
      return [call(run.aws.backup, new UpdateRegionSettingsCommand({ ResourceTypeOptInPreference }))]
    },
  }
}
