import { CfnOutput, Stack } from 'aws-cdk-lib'
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { StageName } from '../config.ts'
import { acceptWildcard } from '../nag.ts'
import { allow, arnsOf } from './operator-policy.ts'

/** Permissions of `npm run why -- --stage` and of the console: they read what one stage reports, and change nothing. */
export function observerPolicy(scope: Construct, stage: StageName): void {
  const arn = arnsOf(scope)
  const group = arn('logs', `log-group:/spillway/${stage}/*`)
  const cluster = arn('rds', `cluster:spillway-${stage}`)
  const policy = new ManagedPolicy(scope, 'Observer', {
    description: `Observation of Spillway, stage ${stage}`,
    statements: [
      allow(
        ['autoscaling:DescribeAutoScalingGroups', 'cloudwatch:GetMetricData', 'logs:GetQueryResults'],
        ['*'],
      ),
      allow(['logs:StartQuery'], [group]),
      allow(['rds:DescribeEvents'], [cluster]),
    ],
  })
  for (const resource of ['*', group])
    acceptWildcard(policy, resource, 'Log groups of one stage; what knows no names only reads.')
  new CfnOutput(Stack.of(scope), 'ObserverPolicy', {
    description: 'Permissions to look on: npm run why, npm run console',
    value: policy.managedPolicyArn,
  })
}
