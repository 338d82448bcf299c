import { CfnOutput, Stack } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { StageName } from '../config.ts'
import { edgeKeysParameter, keyHolders, keysSecret } from '../key-names.ts'
import { acceptWildcard } from '../nag.ts'
import { releasesBucketName } from './release-store.ts'

/**
 * Permissions of the person who runs the runbooks of one stage, and no more: attach the policy to their role. The tests
 * of the runbooks evaluate it for each call. It has no name of its own, since names of policies are global to an
 * account and a stage may exist in two regions.
 */
export function operatorPolicy(scope: Construct, stage: StageName, restoreRole: string | undefined): void {
  const arn = arnsOf(scope)
  const groups = ['origin', 'tunnel'].map((tier) =>
    arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/spillway-${tier}-${stage}*`),
  )
  const secret = (name: string) => arn('secretsmanager', `secret:${name}-??????`)
  const statements = [
    allow(
      [
        ...['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeInstanceRefreshes'],
        ...['autoscaling:DescribeAutoScalingInstances', 'ssm:ListCommands'],
        'ssm:GetCommandInvocation',
        ...['arc-zonal-shift:ListManagedResources', 'arc-zonal-shift:ListZonalShifts'],
      ],
      ['*'],
    ),
    allow(
      [
        ...['autoscaling:UpdateAutoScalingGroup', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
        ...['autoscaling:StartInstanceRefresh', 'autoscaling:CancelInstanceRefresh'],
      ],
      groups,
    ),
    // The roll-back names a version of the launch template: AWS then asks for the permissions to launch from it.
    allow(['ec2:RunInstances', 'ec2:CreateTags'], ['*'], {
      Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
    }),
    allow(['iam:PassRole'], [arn('iam', `role/spillway-${stage}-origin-*`, '')], {
      StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    }),
    allow(
      ['arc-zonal-shift:StartZonalShift', 'arc-zonal-shift:CancelZonalShift'],
      [...groups, arn('elasticloadbalancing', 'loadbalancer/app/*')],
    ),
    allow(['rds:DescribeDBClusters', 'rds:DescribeDBInstances'], ['*']),
    allow(
      [
        ...['rds:FailoverDBCluster', 'rds:RebootDBInstance', 'rds:CreateDBInstance', 'rds:ModifyDBInstance'],
        ...['rds:ModifyDBCluster', 'rds:RestoreDBClusterToPointInTime'],
      ],
      [
        ...[arn('rds', `cluster:spillway-${stage}*`), arn('rds', `db:spillway-${stage}*`)],
        ...[arn('rds', `subgrp:spillway-${stage}-*`), arn('rds', `cluster-pg:spillway-${stage}-*`)],
      ],
    ),
    allow(['cloudformation:DescribeStacks'], [arn('cloudformation', `stack/spillway-${stage}-*`)]),
    allow(['cloudformation:CancelUpdateStack'], [arn('cloudformation', `stack/spillway-${stage}-origin/*`)]),
    // Deployments use the roles of the CDK's bootstrap stack.
    allow(['sts:AssumeRole'], [arn('iam', 'role/cdk-*', '')]),
    allow(
      ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
      [
        ...keyHolders.map((holder) => secret(keysSecret(stage, holder))),
        secret(`spillway/${stage}/tunnel-token-*`),
      ],
    ),
    allow(
      ['secretsmanager:GetSecretValue', 'secretsmanager:RotateSecret', 'secretsmanager:DescribeSecret'],
      [secret(`spillway/${stage}/database-admin`), secret(`spillway/${stage}/database-origin`)],
    ),
    allow(['ssm:PutParameter'], [arn('ssm', `parameter${edgeKeysParameter(stage)}`)]),
    allow(
      ['ssm:GetParameter', 'ssm:PutParameter'],
      [arn('ssm', `parameter/spillway/${stage}/origin-certificate-arn`)],
    ),
    allow(['ssm:SendCommand'], [arn('ssm', 'document/AWS-RunShellScript', { account: '' })]),
    allow(['ssm:SendCommand', 'ssm:StartSession'], [arn('ec2', 'instance/*')], {
      StringEquals: { 'ssm:resourceTag/spillway:project': 'spillway' },
    }),
    allow(
      ['ssm:StartSession'],
      [
        arn('ssm', 'document/SSM-SessionManagerRunShell'),
        arn('ssm', 'document/AWS-StartInteractiveCommand', { account: '' }),
        arn('ssm', 'document/AWS-StartPortForwardingSessionToRemoteHost', { account: '' }),
      ],
    ),
    allow(
      ['s3:PutObject'],
      [arn('s3', `${releasesBucketName(stage)}/origin/*`, { account: '', region: '' })],
    ),
    allow(['s3:ListBucket'], [arn('s3', releasesBucketName(stage), { account: '', region: '' })]),
    ...(restoreRole === undefined ? [] : restores(restoreRole, arn)),
  ]
  const policy = new ManagedPolicy(scope, 'Operator', {
    description: `Runbooks of Spillway, stage ${stage}`,
    statements,
  })
  for (const resource of new Set(statements.flatMap(({ resources }) => resources))) {
    if (/[*?]/.test(resource))
      acceptWildcard(policy, resource, 'Names of one stage; what knows no names only reads.')
  }
  new CfnOutput(Stack.of(scope), 'OperatorPolicy', {
    description: 'Permissions to run the runbooks',
    value: policy.managedPolicyArn,
  })
}

type Arns = ReturnType<typeof arnsOf>

/** Makes names of resources in the account and region of a stack. */
export const arnsOf =
  (scope: Construct) =>
  (
    service: string,
    rest: string,
    at: { readonly account?: string; readonly region?: string } | '' = {},
  ): string => {
    const { partition, region, account } = Stack.of(scope)
    const place = at === '' ? { region: '' } : at
    return `arn:${partition}:${service}:${place.region ?? region}:${place.account ?? account}:${rest}`
  }

export const allow = (
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Record<string, Record<string, string>>,
): PolicyStatement =>
  new PolicyStatement({
    actions: [...actions],
    resources: [...resources],
    ...(conditions !== undefined && { conditions }),
  })

/** Restores from the vaults of backups, here or of the copies. */
const restores = (role: string, arn: Arns): readonly PolicyStatement[] => [
  allow(['backup:ListRecoveryPointsByBackupVault'], [arn('backup', 'backup-vault:spillway-*')]),
  allow(
    ['backup:GetRecoveryPointRestoreMetadata', 'backup:StartRestoreJob'],
    [arn('rds', 'cluster-snapshot:awsbackup:*')],
  ),
  allow(['backup:DescribeRestoreJob'], ['*']),
  allow(['iam:PassRole'], [role], { StringEquals: { 'iam:PassedToService': 'backup.amazonaws.com' } }),
]
