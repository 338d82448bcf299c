import { Stack, type StackProps } from 'aws-cdk-lib'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { DatabaseBackups } from '../construct/database-backups.ts'
import { DocumentStore } from '../construct/document-store.ts'
import { MongoStore } from '../construct/mongo-store.ts'
import { observerPolicy } from '../construct/observer-policy.ts'
import { operatorPolicy } from '../construct/operator-policy.ts'
import type { OriginDatabase } from '../construct/origin-database.ts'
import { ReleaseStore } from '../construct/release-store.ts'
import { type KeyHolder, keysSecret } from '../key-names.ts'
import { accept } from '../nag.ts'
import { poolFitsDatabase } from '../rules/pool-fits-database.ts'
import type { NetworkStack } from './network-stack.ts'

export interface DataStackProps extends StackProps {
  readonly config: StageConfig
  readonly network: NetworkStack
}

const keysFor: Readonly<Record<KeyHolder, string>> = {
  edge: 'Keys of the edge, made and rotated by npm run keys',
  purge: 'Keys that sign the purges of origins, made and rotated by npm run keys',
  webhook: 'Keys from which secrets of receivers are derived, made and rotated by npm run keys',
}

/** Resources that outlive a deployment: the data, and the releases to roll back to. Rarely changes. */
export class DataStack extends Stack {
  readonly store: OriginDatabase
  /** Secrets with the keys of edge and origins. */
  readonly keys: Readonly<Record<KeyHolder, Secret>>

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, { terminationProtection: props.config.database.protected, ...props })
    const { config, network } = props
    const { database, stage } = config
    this.store =
      database.kind === 'mongodb'
        ? new MongoStore(this, 'Store', { stage, database })
        : new DocumentStore(this, 'Store', { vpc: network.vpc, access: network.access, config })
    // In this stack, because a release must be uploaded before the first instance boots.
    this.keys = this.secretsOfKeys(config.stage)
    new ReleaseStore(this, 'Releases', { stage: config.stage })
    const { cluster } = this.store
    const backups =
      cluster !== undefined && database.protected
        ? new DatabaseBackups(this, 'Backups', { cluster, config })
        : undefined
    operatorPolicy(this, config.stage, backups?.restoreRole.roleArn)
    observerPolicy(this, config.stage)
    this.node.addValidation(poolFitsDatabase(config))
  }

  /** They hold a random text until `npm run keys -- create` puts the keys there. */
  private secretsOfKeys(stage: string): Readonly<Record<KeyHolder, Secret>> {
    const secret = (id: string, holder: KeyHolder): Secret => {
      const made = new Secret(this, id, {
        secretName: keysSecret(stage, holder),
        description: keysFor[holder],
      })
      accept(
        made,
        'AwsSolutions-SMG4',
        'Their users must change in order: the runbooks rotate-edge-keys and rotate-origin-keys do it.',
      )
      return made
    }
    return {
      edge: secret('EdgeKeys', 'edge'),
      purge: secret('PurgeKeys', 'purge'),
      webhook: secret('WebhookKeys', 'webhook'),
    }
  }
}
