import { ModifyDBClusterCommand, ModifyDBInstanceCommand } from '@aws-sdk/client-docdb'
import { type Command, call } from './command.ts'
import { clusterNamed } from './database.ts'
import type { Run } from './run.ts'

/** Names of a cluster that was made of a backup, while it takes the place of the present one. */
export const restored = (run: Run) => `${run.cluster}-restored`
export const broken = (run: Run) => `${run.cluster}-broken`
export const numbers = (run: Run) =>
  Array.from({ length: run.config.database.instances }, (_, index) => index + 1)
export const freshNames = (run: Run) => numbers(run).map((number) => `${restored(run)}-${number}`)
/** Names that the stack knows, as the CDK makes them. */
export const stackNames = (run: Run) => numbers(run).map((number) => `${run.cluster}instance${number}`)
/** The restored cluster has taken the stack's name. */
export const isReplaced = async (run: Run) =>
  (await clusterNamed(run, broken(run))) !== undefined &&
  (await clusterNamed(run, restored(run))) === undefined

export const renameCluster = (run: Run, from: string, to: string): Command =>
  call(
    run.aws.docdb,
    new ModifyDBClusterCommand({
      DBClusterIdentifier: from,
      NewDBClusterIdentifier: to,
      ApplyImmediately: true,
    }),
  )

export const renameInstance = (run: Run, from: string, to: string): Command =>
  call(
    run.aws.docdb,
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: from,
      NewDBInstanceIdentifier: to,
      ApplyImmediately: true,
    }),
  )
