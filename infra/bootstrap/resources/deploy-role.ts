import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  NoSuchEntityException,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { call } from '../../runbook/command.ts'
import { keyHolders, keysSecret } from '../../src/key-names.ts'
import type { Resource, Setup } from '../resource.ts'

const originHolders = keyHolders.filter((holder) => holder !== 'edge')

const issuer = 'token.actions.githubusercontent.com'
const audience = 'sts.amazonaws.com'
const providerArn = ({ run }: Setup) => `arn:aws:iam::${run.fact('account')}:oidc-provider/${issuer}`
/** Roles are global to the account, so the region is part of the name. */
export const roleName = ({ run }: Setup) => `spillway-${run.stage}-deploy-${run.region}`
const policyName = 'deploy'

async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof NoSuchEntityException) return undefined
    throw error
  }
}

/** GitHub as an issuer of tokens that the account knows: one for all stages and regions, and no key that could leak. */
export const githubProvider: Resource = {
  name: 'GitHub as an identity provider',
  wanted: ({ team }) => (team.repository === undefined ? {} : { audience }),
  read: async (setup) => {
    const { team, run } = setup
    if (team.repository === undefined) return {}
    const found = await unlessAbsent(
      run.aws.iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerArn(setup) })),
    )
    if (found === undefined) return undefined
    const { ClientIDList = [] } = found
    return { audience: ClientIDList.find((id) => id === audience) ?? ClientIDList.join() }
  },
  make: ({ run }) => [
    call(
      run.aws.iam,
      new CreateOpenIDConnectProviderCommand({ Url: `https://${issuer}`, ClientIDList: [audience] }),
    ),
  ],
  mend: (setup) => [
    call(
      setup.run.aws.iam,
      new AddClientIDToOpenIDConnectProviderCommand({
        OpenIDConnectProviderArn: providerArn(setup),
        ClientID: audience,
      }),
    ),
  ],
}

/** Only jobs of the stage's environment, which GitHub can let a person approve; not branches, nor pull requests. */
const trust = (setup: Setup) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn(setup) },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: audience,
            [`${issuer}:sub`]: `repo:${setup.team.repository}:environment:${setup.run.stage}`,
          },
        },
      },
    ],
  })

const placeOf = ({ run }: Setup) => ({ account: run.fact('account'), stage: run.stage, region: run.region })

/** Permissions for the calls of `deploy-origin`, and no more; the tests evaluate them for each call. */
export function deployPermissions({
  account,
  stage,
  region,
}: {
  readonly account: string
  readonly stage: string
  readonly region: string
}): string {
  const bucket = `arn:aws:s3:::spillway-${stage}-releases-${account}-${region}`
  const allow = (Action: readonly string[], Resource: string) => ({ Effect: 'Allow', Action, Resource })
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      allow(['sts:AssumeRole'], `arn:aws:iam::${account}:role/cdk-hnb659fds-*-role-${account}-${region}`),
      allow(
        ['cloudformation:DescribeStacks'],
        `arn:aws:cloudformation:${region}:${account}:stack/spillway-${stage}-*`,
      ),
      allow(
        ['cloudformation:CancelUpdateStack'],
        `arn:aws:cloudformation:${region}:${account}:stack/spillway-${stage}-origin/*`,
      ),
      allow(['s3:PutObject'], `${bucket}/origin/*`),
      allow(['s3:ListBucket'], bucket),
      // deploy-origin looks whether the origins' keys are made. The roles of the CDK could read them as well.
      ...originHolders.map((holder) =>
        allow(
          ['secretsmanager:GetSecretValue'],
          `arn:aws:secretsmanager:${region}:${account}:secret:${keysSecret(stage, holder)}-??????`,
        ),
      ),
      allow(['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeInstanceRefreshes'], '*'),
    ],
  })
}

export const deployRole: Resource = {
  name: 'role that deploys from GitHub',
  wanted: (setup) =>
    setup.team.repository === undefined
      ? {}
      : { 'trusted by': trust(setup), permissions: deployPermissions(placeOf(setup)) },
  read: async (setup) => {
    const { team, run } = setup
    if (team.repository === undefined) return {}
    const RoleName = roleName(setup)
    const found = await unlessAbsent(run.aws.iam.send(new GetRoleCommand({ RoleName })))
    if (found === undefined) return undefined
    const policy = await unlessAbsent(
      run.aws.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: policyName })),
    )
    return {
      'trusted by': document(found.Role?.AssumeRolePolicyDocument),
      permissions: document(policy?.PolicyDocument),
    }
  },
  make: (setup, wanted) => [
    call(
      setup.run.aws.iam,
      new CreateRoleCommand({
        RoleName: roleName(setup),
        AssumeRolePolicyDocument: String(wanted['trusted by']),
        Description: `Deploys Spillway, stage ${setup.run.stage}`,
      }),
    ),
    permit(setup, wanted.permissions),
  ],
  mend: (setup, wanted) => [
    call(
      setup.run.aws.iam,
      new UpdateAssumeRolePolicyCommand({
        RoleName: roleName(setup),
        PolicyDocument: String(wanted['trusted by']),
      }),
    ),
    permit(setup, wanted.permissions),
  ],
}

const permit = (setup: Setup, permissions: unknown) =>
  call(
    setup.run.aws.iam,
    new PutRolePolicyCommand({
      RoleName: roleName(setup),
      PolicyName: policyName,
      PolicyDocument: String(permissions),
    }),
  )

/** IAM returns documents in percent-encoding (RFC 3986), with their own white space. */
const document = (text = 'null'): string => JSON.stringify(JSON.parse(decodeURIComponent(text)))
