import { opsPaths, originEnv, ports } from '@spillway/origin/contract'
import { Aws, CfnParameter, Lazy, Stack } from 'aws-cdk-lib'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { edgeKeysParameter, type KeyHolder } from '../key-names.ts'
import type { DocumentStore } from './document-store.ts'
import { launchHook, terminateHook } from './group-hooks.ts'
import { deregistrationSeconds } from './origin-entrance.ts'
import { releasesBucketName } from './release-store.ts'

export interface OriginSettingsProps {
  readonly config: StageConfig
  readonly store: DocumentStore
  readonly keys: Readonly<Record<KeyHolder, Secret>>
  readonly groupName: string
  /** Logical id of the group in the template; asked for at synthesis. */
  readonly groupResource: () => string
}

/** `/etc/spillway/instance.env`: settings of the origin and its units, without secrets. */
export function originSettings(
  scope: Construct,
  { config, store, keys, groupName, groupResource }: OriginSettingsProps,
): Record<string, string> {
  const { origin, stage } = config
  const release = new CfnParameter(Stack.of(scope), 'Release', {
    description: 'Release to run, as infra/release.sh has named it',
    allowedPattern: '[A-Za-z0-9._]{1,64}-[0-9a-f]{64}',
    constraintDescription: 'a commit, a hyphen, and the SHA-256 of the archive in the releases bucket',
  })
  return {
    AWS_REGION: Aws.REGION,
    STAGE: stage,
    RELEASE: release.valueAsString,
    RELEASES_BUCKET: releasesBucketName(stage),
    GROUP_NAME: groupName,
    STACK_NAME: Aws.STACK_NAME,
    GROUP_RESOURCE: Lazy.string({ produce: groupResource }),
    LAUNCH_HOOK: launchHook,
    TERMINATE_HOOK: terminateHook,
    SERVICE: 'spillway-origin.service',
    LEAVE_SECONDS: String(deregistrationSeconds),
    LIVE_URL: `https://127.0.0.1:${ports.origin}${opsPaths.live}`,
    READY_URL: `https://127.0.0.1:${ports.origin}${opsPaths.ready}`,
    DATABASE_SECRET: store.originSecret.secretArn,
    DATABASE_HOST: store.cluster.clusterEndpoint.socketAddress,
    DATABASE_CA: '/opt/spillway/current/instance/global-bundle.pem',
    EDGE_KEYS_PARAMETER: edgeKeysParameter(stage),
    PURGE_KEYS_SECRET: keys.purge.secretArn,
    WEBHOOK_KEYS_SECRET: keys.webhook.secretArn,
    NODE_ENV: 'production',
    [originEnv.host]: '0.0.0.0',
    [originEnv.port]: String(ports.origin),
    [originEnv.mongodbDatabase]: 'spillway',
    [originEnv.processes]: String(origin.processesPerInstance),
    [originEnv.poolSize]: String(origin.poolSize),
    [originEnv.connectionShare]: String(origin.processesPerInstance * origin.poolSize),
    [originEnv.drainTimeoutMs]: String(origin.drainTimeoutMs),
    [originEnv.logLevel]: origin.logLevel,
    [originEnv.edgeUrl]: config.edgeUrl,
  }
}
