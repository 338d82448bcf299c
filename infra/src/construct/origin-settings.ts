import { opsPaths, originEnv, ports } from '@spillway/origin/contract'
import { Aws, Lazy } from 'aws-cdk-lib'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { StageConfig } from '../config.ts'
import { connectionSettings } from '../database-settings.ts'
import { edgeKeysParameter, type KeyHolder } from '../key-names.ts'
import { launchHook, terminateHook } from './group-hooks.ts'
import type { OriginDatabase } from './origin-database.ts'
import { deregistrationSeconds } from './origin-entrance.ts'
import { releasesBucketName } from './release-store.ts'

export interface OriginSettingsProps {
  readonly config: StageConfig
  readonly store: OriginDatabase
  readonly keys: Readonly<Record<KeyHolder, Secret>>
  readonly groupName: string
  /** Name of the release to run. */
  readonly release: string
  /** Logical id of the group in the template; asked for at synthesis. */
  readonly groupResource: () => string
}

/** `/etc/spillway/instance.env`: settings of the origin and its units, without secrets. */
export function originSettings({
  config,
  store,
  keys,
  groupName,
  release,
  groupResource,
}: OriginSettingsProps): Record<string, string> {
  const { origin, stage } = config
  const connection = connectionSettings(config.database, '/opt/spillway/current/instance/global-bundle.pem')
  return {
    AWS_REGION: Aws.REGION,
    STAGE: stage,
    RELEASE: release,
    RELEASES_BUCKET: releasesBucketName(stage),
    // In the template, and so in the checkout: access to buckets or parameters adds no key.
    RELEASE_KEYS: `"${config.releaseKeys.join(' ')}"`,
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
    DATABASE_SCHEME: connection.scheme,
    DATABASE_HOST: store.hosts,
    DATABASE_OPTIONS: connection.options,
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
