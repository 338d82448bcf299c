import { Stack, type StackProps } from 'aws-cdk-lib'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { DatabaseBackups } from '../construct/database-backups.ts'
import { DocumentStore } from '../construct/document-store.ts'
import { operatorPolicy } from '../construct/operator-policy.ts'
import { ReleaseStore } from '../construct/release-store.ts'
import { edgeKeysSecret } from '../key-names.ts'
import { accept } from '../nag.ts'
import { poolFitsDatabase } from '../rules/pool-fits-database.ts'
import type { NetworkStack } from './network-stack.ts'

export interface DataStackProps extends StackProps {
  readonly config: StageConfig
  readonly network: NetworkStack
}

/** Resources that outlive a deployment: the data, and the releases to roll back to. Rarely changes. */
export class DataStack extends Stack {
  readonly store: DocumentStore

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, { terminationProtection: props.config.database.protected, ...props })
    const { config, network } = props
    this.store = new DocumentStore(this, 'Store', { vpc: network.vpc, access: network.access, config })
    // In this stack, because a release must be uploaded before the first instance boots.
    this.edgeKeys(config.stage)
    new ReleaseStore(this, 'Releases', { stage: config.stage })
    const backups = config.database.protected
      ? new DatabaseBackups(this, 'Backups', { cluster: this.store.cluster, config })
      : undefined
    operatorPolicy(this, config.stage, backups?.restoreRole.roleArn)
    this.node.addValidation(poolFitsDatabase(config))
  }

  /** Holds a random text until `npm run keys -- create` puts the edge's keys here. */
  private edgeKeys(stage: string): void {
    const secret = new Secret(this, 'EdgeKeys', {
      secretName: edgeKeysSecret(stage),
      description: 'Keys of the edge, made and rotated by npm run keys',
    })
    accept(
      secret,
      'AwsSolutions-SMG4',
      'The keys are the Worker’s: the runbook rotate-edge-keys rotates both.',
    )
  }
}
