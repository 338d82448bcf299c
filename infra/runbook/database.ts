import {
  type DBCluster,
  DBClusterNotFoundFault,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-docdb'
import type { Run } from './run.ts'
import { Refusal } from './runbook.ts'

export async function clusterNamed(run: Run, name: string): Promise<DBCluster | undefined> {
  try {
    const { DBClusters = [] } = await run.aws.docdb.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: name }),
    )
    return DBClusters[0]
  } catch (error) {
    if (error instanceof DBClusterNotFoundFault) return undefined
    throw error
  }
}

export async function cluster(run: Run): Promise<DBCluster> {
  const found = await clusterNamed(run, run.cluster)
  if (found === undefined) throw new Refusal(`there is no cluster ${run.cluster} in ${run.region}`)
  return found
}

export const membersOf = ({ DBClusterMembers = [] }: DBCluster): readonly string[] =>
  DBClusterMembers.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier ?? '')

export const writerOf = ({ DBClusterMembers = [] }: DBCluster): string | undefined =>
  DBClusterMembers.find(({ IsClusterWriter }) => IsClusterWriter)?.DBInstanceIdentifier

/** Instances that are not available, in words; undefined when all are. */
export async function unavailable(run: Run, names: readonly string[]): Promise<string | undefined> {
  const states = await Promise.all(
    names.map(async (name) => {
      const { DBInstances = [] } = await run.aws.docdb.send(
        new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }),
      )
      return [name, DBInstances[0]?.DBInstanceStatus] as const
    }),
  )
  const waiting = states.filter(([, status]) => status !== 'available')
  return waiting.length === 0 ? undefined : waiting.map(([name, status]) => `${name} is ${status}`).join(', ')
}
