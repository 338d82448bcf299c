import { connectionBudget } from '../capacity.ts'
import { connectionDemand, databaseCapacity } from '../config.ts'
import { databaseClasses } from '../database-class.ts'
import { type AlarmsOf, fiveOfFive, type PlainMetric, threeOfFive } from './threshold-alarm.ts'

const gib = 1_024 ** 3

const metric = (name: string, statistic: PlainMetric['statistic']): PlainMetric => ({
  ...{ namespace: 'AWS/DocDB', name, of: 'cluster', statistic },
})

/** A cluster of the stacks. Another database has alarms of its own operator's. */
export const databaseAlarms: AlarmsOf = (config) => {
  const { database } = config
  if (database.kind !== 'documentdb') return []
  const { demanded, demand } = connectionBudget(databaseCapacity(config), connectionDemand(config))
  const { cursors, memoryGib } = databaseClasses[database.instanceClass]
  return [
    {
      ...threeOfFive,
      name: 'DatabaseConnections',
      metric: metric('DatabaseConnectionsMax', 'Maximum'),
      datapointsToAlarm: 1,
      threshold: demanded - demand.headroom,
      description:
        'More connections than all pools together may open: someone else is in the database. Runbook: database-clients.',
    },
    {
      ...fiveOfFive,
      name: 'DatabaseBusy',
      metric: metric('CPUUtilization', 'Maximum'),
      threshold: 80,
      description: 'A database instance is over 80 % busy. Runbook: bigger-database.',
    },
    {
      ...threeOfFive,
      name: 'DatabaseMemory',
      metric: metric('LowMemNumOperationsThrottled', 'Sum'),
      datapointsToAlarm: 1,
      threshold: 0,
      description: 'The database throttles operations: it lacks memory. Runbook: bigger-database.',
    },
    {
      ...threeOfFive,
      name: 'DatabaseCursors',
      metric: metric('DatabaseCursorsMax', 'Maximum'),
      threshold: 0.8 * cursors,
      description:
        'More than 80 % of the cursors that an instance allows are open. Runbook: bigger-database.',
    },
    {
      ...fiveOfFive,
      name: 'DatabaseMemoryLow',
      metric: metric('FreeableMemory', 'Minimum'),
      comparison: 'below',
      threshold: 0.1 * memoryGib * gib,
      description: 'A database instance has less than a tenth of its memory left. Runbook: bigger-database.',
    },
    {
      ...fiveOfFive,
      name: 'DatabaseDisk',
      metric: metric('FreeLocalStorage', 'Minimum'),
      comparison: 'below',
      threshold: 2 * gib,
      description:
        'A database instance has less than 2 GiB for temporary files: an index build or a sort is too large. Runbook: indexes, bigger-database.',
    },
    ...(database.instances > 1 ? [replicaLag] : []),
  ]
}

const replicaLag: ReturnType<AlarmsOf>[number] = {
  ...threeOfFive,
  name: 'ReplicaLag',
  metric: metric('DBClusterReplicaLagMaximum', 'Maximum'),
  threshold: 1_000,
  description: 'A reader is more than a second behind. Runbook: reboot-reader.',
}
