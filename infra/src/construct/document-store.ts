import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { ClusterParameterGroup, DatabaseCluster } from 'aws-cdk-lib/aws-docdb'
import { Connections, InstanceType, type IVpc, Port, SubnetType } from 'aws-cdk-lib/aws-ec2'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import {
  type ISecret,
  Secret,
  SecretRotation,
  SecretRotationApplication,
} from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { documentDbOf, type StageConfig } from '../config.ts'
import { accept } from '../nag.ts'
import { type AccessPath, databasePort } from './access-path.ts'
import type { OriginDatabase } from './origin-database.ts'

/** 5.0 has no retryable writes (added in 8.0). The origin's URI turns them off; idempotency keys make retries safe. */
export const engineVersion = '5.0.0'

const administratorName = 'spillway_admin'
/** Characters that DocumentDB does not allow in a password. */
const excludeCharacters = '"@/:'

export interface DocumentStoreProps {
  readonly vpc: IVpc
  readonly access: AccessPath
  readonly config: StageConfig
}

/** The cluster and its credentials. */
export class DocumentStore extends Construct implements OriginDatabase {
  readonly cluster: DatabaseCluster
  /** Credentials of the origin's own user, never the administrator's. */
  readonly originSecret: ISecret

  get hosts(): string {
    return this.cluster.clusterEndpoint.socketAddress
  }

  constructor(scope: Construct, id: string, { vpc, access, config }: DocumentStoreProps) {
    super(scope, id)
    const { stage } = config
    const database = documentDbOf(config)
    const name = `spillway-${stage}`
    const administrator = credentials(this, 'AdministratorCredentials', `spillway/${stage}/database-admin`, {
      username: administratorName,
    })
    this.cluster = new DatabaseCluster(this, 'Cluster', {
      // A fixed name: CloudFormation cannot replace a named cluster, so no settings change ever deletes its data.
      dbClusterName: name,
      engineVersion,
      port: databasePort,
      masterUser: { username: administratorName, password: administrator.secretValueFromJson('password') },
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroup: access.database,
      instanceType: new InstanceType(database.instanceClass),
      instances: database.instances,
      parameterGroup: this.parameters(stage),
      storageEncrypted: true,
      backup: { retention: Duration.days(database.backupRetentionDays), preferredWindow: '02:00-03:00' },
      preferredMaintenanceWindow: 'sun:03:30-sun:04:30',
      deletionProtection: database.protected,
      removalPolicy: database.protected ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
      copyTagsToSnapshot: true,
      exportAuditLogsToCloudWatch: true,
      exportProfilerLogsToCloudWatch: true,
    })
    this.keepLogs(name)
    this.originSecret = this.rotatedCredentials(administrator, { vpc, access, config })
    accept(
      this.cluster,
      'AwsSolutions-DOC3',
      'They are: the rule cannot read the reference to Secrets Manager.',
    )
    for (const kind of ['authenticate', 'createIndex', 'dropCollection']) {
      accept(
        this.cluster,
        `AwsSolutions-DOC5[LogExport::${kind}]`,
        'The cluster exports "audit" and "profiler", the only names that exist; the rule looks for event names.',
      )
    }
    if (!database.protected) {
      accept(
        this.cluster,
        'AwsSolutions-DOC4',
        'A stage without people’s data keeps backups for days, not weeks.',
      )
    }
  }

  /** Creates the log groups before the cluster does, so that their logs expire. */
  private keepLogs(clusterName: string): void {
    for (const kind of ['audit', 'profiler']) {
      this.cluster.node.addDependency(
        new LogGroup(this, `Logs-${kind}`, {
          logGroupName: `/aws/docdb/${clusterName}/${kind}`,
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      )
    }
  }

  private parameters(stage: string): ClusterParameterGroup {
    return new ClusterParameterGroup(this, 'Parameters', {
      family: 'docdb5.0',
      description: `Spillway ${stage}`,
      parameters: {
        tls: 'enabled',
        // Audits changes to users, indexes and collections. The origin logs reads and writes of documents.
        audit_logs: 'ddl',
        profiler: 'enabled',
        profiler_threshold_ms: '100',
        profiler_sampling_rate: '0.1',
        ttl_monitor: 'enabled',
      },
    })
  }

  /**
   * Alternates between two users: a rotation changes the password of the unused one, so processes with the previous
   * credentials keep working until the next rotation. The fleet is refreshed more often than that.
   */
  private rotatedCredentials(created: Secret, { vpc, access, config }: DocumentStoreProps): ISecret {
    const administrator = created.attach(this.cluster)
    const origin = credentials(this, 'OriginCredentials', `spillway/${config.stage}/database-origin`, {
      username: 'spillway_origin',
      masterarn: administrator.secretArn,
    }).attach(this.cluster)
    const rotation = {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroup: access.rotation,
      // Not the cluster itself: only its own stack knows its port, and the security groups are in another stack.
      target: {
        connections: new Connections({
          securityGroups: [access.database],
          defaultPort: Port.tcp(databasePort),
        }),
      },
      automaticallyAfter: Duration.days(30),
      // No rotation while the stack is created: no instance of the cluster answers yet, and the origin's user is
      // created by hand. The guide to the first deployment starts the first rotation when both exist.
      rotateImmediatelyOnUpdate: false,
      excludeCharacters,
    }
    new SecretRotation(this, 'AdministratorRotation', {
      ...rotation,
      secret: administrator,
      application: SecretRotationApplication.MONGODB_ROTATION_SINGLE_USER,
    })
    new SecretRotation(this, 'OriginRotation', {
      ...rotation,
      secret: origin,
      masterSecret: administrator,
      application: SecretRotationApplication.MONGODB_ROTATION_MULTI_USER,
    })
    return origin
  }
}

/** A generated user and password that nobody has seen. `ssl` makes the rotation connect with TLS. */
function credentials(scope: Construct, id: string, secretName: string, user: Record<string, string>): Secret {
  return new Secret(scope, id, {
    secretName,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ ...user, ssl: true }),
      generateStringKey: 'password',
      passwordLength: 41,
      excludeCharacters,
    },
  })
}
