import { Stack } from 'aws-cdk-lib'
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { edgeKeysParameter } from '../key-names.ts'
import { acceptWildcard } from '../nag.ts'
import { instanceRole } from './instance-defaults.ts'
import { reportsHost, reportsToGroup, writesLog } from './instance-permissions.ts'
import type { OriginSettingsProps } from './origin-settings.ts'
import { releasesBucketName } from './release-store.ts'

/** Permissions of an origin instance: only its own secrets, releases, logs and its group's hooks. */
export function originRole(scope: Construct, { config, store, keys, groupName }: OriginSettingsProps): Role {
  const role = instanceRole(scope, 'Role')
  const stack = Stack.of(scope)
  store.originSecret.grantRead(role)
  // Not the edge's: who has its assertion key can speak for every caller.
  const readable = [keys.purge.secretArn, keys.webhook.secretArn]
  role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: readable }))
  const archives = stack.formatArn({
    service: 's3',
    account: '',
    region: '',
    resource: releasesBucketName(config.stage),
    resourceName: 'origin/*',
  })
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [archives] }))
  acceptWildcard(
    role,
    archives,
    'Every release, so that any of them can be rolled back to; nothing else in the bucket.',
  )
  role.addToPolicy(
    new PolicyStatement({
      actions: ['ssm:GetParameter'],
      resources: [
        stack.formatArn({
          service: 'ssm',
          resource: 'parameter',
          resourceName: edgeKeysParameter(config.stage).slice(1),
        }),
      ],
    }),
  )
  reportsToGroup(scope, role, groupName)
  // For the signal with which a first deployment counts ready origins.
  role.addToPolicy(
    new PolicyStatement({ actions: ['cloudformation:SignalResource'], resources: [stack.stackId] }),
  )
  const { stage } = config
  writesLog(scope, role, { stage, name: 'origin', retention: RetentionDays.ONE_MONTH })
  writesLog(scope, role, { stage, name: 'metrics', retention: RetentionDays.ONE_WEEK })
  reportsHost(role)
  return role
}
