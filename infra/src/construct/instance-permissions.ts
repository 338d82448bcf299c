import { RemovalPolicy } from 'aws-cdk-lib'
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { StageName } from '../config.ts'
import { acceptWildcard } from '../nag.ts'
import { groupArn } from './group-arn.ts'

/** Lets an instance complete its group's hooks and report itself unhealthy (`lifecycle.sh`). */
export function reportsToGroup(scope: Construct, role: Role, groupName: string): void {
  const group = groupArn(scope, groupName)
  role.addToPolicy(
    new PolicyStatement({
      actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
      resources: [group],
    }),
  )
  acceptWildcard(role, group, 'The wildcard stands for an id that AWS gives the group; its name follows.')
}

/** Makes the log group `/spillway/<stage>/<name>` and lets the instance write to it. */
export function writesLog(
  scope: Construct,
  role: Role,
  {
    stage,
    name,
    retention,
  }: { readonly stage: StageName; readonly name: string; readonly retention: RetentionDays },
): void {
  const logs = new LogGroup(scope, `Logs-${name}`, {
    logGroupName: `/spillway/${stage}/${name}`,
    retention,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  logs.grantWrite(role)
}

/** Lets the CloudWatch agent report the machine's own figures. */
export function reportsHost(role: Role): void {
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
}
