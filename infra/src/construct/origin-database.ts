import type { DatabaseCluster } from 'aws-cdk-lib/aws-docdb'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'

/** The database as the origins see it. */
export interface OriginDatabase {
  /** Credentials of the origin's own user. */
  readonly originSecret: ISecret
  /** Hosts of a connection string. */
  readonly hosts: string
  /** The cluster of DocumentDB; `undefined` for a database that the stacks do not create. */
  readonly cluster?: DatabaseCluster
}
