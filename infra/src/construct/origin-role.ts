import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { edgeKeysParameter } from '../key-names.ts'
import { acceptWildcard } from '../nag.ts'
import { groupArn } from './group-arn.ts'
import { instanceRole } from './instance-defaults.ts'
import type { OriginSettingsProps } from './origin-settings.ts'
import { releasesBucketName } from './release-store.ts'

/** Permissions of an origin instance: only its own secret, releases, logs and its group's hooks. */
export function originRole(scope: Construct, { config, store, groupName }: OriginSettingsProps): Role {
  const role = instanceRole(scope, 'Role')
  const stack = Stack.of(scope)
  store.originSecret.grantRead(role)
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
  const group = groupArn(scope, groupName)
  role.addToPolicy(
    new PolicyStatement({
      actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
      resources: [group],
    }),
  )
  acceptWildcard(role, group, 'The wildcard stands for an id that AWS gives the group; its name follows.')
  for (const [name, retention] of [
    ['origin', RetentionDays.ONE_MONTH],
    ['metrics', RetentionDays.ONE_WEEK],
  ] as const) {
    const logs = new LogGroup(scope, `Logs-${name}`, {
      logGroupName: `/spillway/${config.stage}/${name}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    logs.grantWrite(role)
  }
  role.addToPolicy(
    new PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': 'Spillway/Host' } },
    }),
  )
  role.addToPolicy(
    new PolicyStatement({ actions: ['ec2:DescribeTags', 'logs:DescribeLogGroups'], resources: ['*'] }),
  )
  acceptWildcard(role, '*', 'These actions know no resource; the metrics are bound to one namespace.')
  return role
}
