import { describe, expect, it } from 'vitest'
import type { Setup } from '../bootstrap/resource.ts'
import { roleName } from '../bootstrap/resources/deploy-role.ts'
import { tunnelName } from '../bootstrap/resources/tunnel.ts'
import { stageNames } from '../src/config.ts'
import { readTemplate, type StackName } from './support/template.ts'

const stacks: readonly StackName[] = ['network', 'data', 'origin']
const account = '111122223333'

/** Names that must be unique in an account, or in the world, whatever the region. Unset ones AWS makes up. */
const globalNames: Readonly<Record<string, (properties: Properties) => unknown>> = {
  'AWS::S3::Bucket': ({ BucketName }) => BucketName,
  'AWS::Budgets::Budget': ({ Budget }) => (Budget as Properties).BudgetName,
  'AWS::CloudWatch::Dashboard': ({ DashboardName }) => DashboardName,
  'AWS::IAM::Role': ({ RoleName }) => RoleName,
  'AWS::IAM::ManagedPolicy': ({ ManagedPolicyName }) => ManagedPolicyName,
  'AWS::IAM::InstanceProfile': ({ InstanceProfileName }) => InstanceProfileName,
  'AWS::IAM::User': ({ UserName }) => UserName,
  'AWS::IAM::Group': ({ GroupName }) => GroupName,
}

/** Types whose names belong to a region, or to another resource. */
const regional: readonly string[] = [
  ...['AWS::AutoScaling::AutoScalingGroup', 'AWS::Backup::BackupVault', 'AWS::CloudWatch::Alarm'],
  'AWS::CloudWatch::CompositeAlarm',
  ...['AWS::DocDB::DBCluster', 'AWS::DocDB::DBInstance', 'AWS::EC2::VPCEndpoint', 'AWS::IAM::Policy'],
  ...['AWS::Logs::LogGroup', 'AWS::SNS::Topic', 'AWS::SecretsManager::Secret'],
]
/** A name of our own, not one that refers to another resource. */
const isOwnName = ([property, value]: readonly [string, unknown]): boolean =>
  /(?:^|\w)(?:Name|Identifier)$/.test(property) &&
  (typeof value === 'string' || (typeof value === 'object' && value !== null && 'Fn::Join' in value))

type Properties = Readonly<Record<string, unknown>>

/** A value of a template as CloudFormation resolves it in a region. */
function resolved(value: unknown, region: string): string {
  if (typeof value === 'string') return value
  const [name, argument] = Object.entries(value as Properties)[0] ?? []
  if (name === 'Ref' && argument === 'AWS::Region') return region
  if (name === 'Ref' && argument === 'AWS::AccountId') return account
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as readonly [string, readonly unknown[]]
    return parts.map((part) => resolved(part, region)).join(separator)
  }
  throw new Error(`a global name with ${name}`)
}

const namesIn = (region: string): readonly string[] =>
  stageNames.flatMap((stage) =>
    stacks.flatMap((stack) =>
      Object.values(readTemplate(stage, stack).toJSON().Resources as Record<string, Template>).flatMap(
        ({ Type, Properties = {} }) => {
          const name = globalNames[Type]?.(Properties)
          return name === undefined ? [] : [`${Type} ${resolved(name, region)}`]
        },
      ),
    ),
  )

interface Template {
  readonly Type: string
  readonly Properties?: Properties
}

describe('two regions of one account', () => {
  const [home, other] = ['us-east-1', 'us-west-2'] as const

  it('have no global name in common, nor have two stages', () => {
    const all = [...namesIn(home), ...namesIn(other)]
    expect(all).toContain(`AWS::S3::Bucket spillway-production-releases-${account}-us-west-2`)
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([])
  })

  it('name nothing of which it is not known whether the name is global', () => {
    const named = stageNames.flatMap((stage) =>
      stacks.flatMap((stack) =>
        Object.values(readTemplate(stage, stack).toJSON().Resources as Record<string, Template>)
          .filter(({ Properties = {} }) => Object.entries(Properties).some(isOwnName))
          .map(({ Type }) => Type),
      ),
    )
    const known = [...Object.keys(globalNames), ...regional]
    expect([...new Set(named)].filter((type) => !known.includes(type))).toEqual([])
    expect(named).toContain('AWS::S3::Bucket')
  })

  it('make tunnels and roles of their own', () => {
    const names = [home, other].flatMap((region) => {
      // The cast: a name needs the place alone.
      const setup = { run: { stage: 'production', region } } as Setup
      return [tunnelName(setup, 1), tunnelName(setup, 2), roleName(setup)]
    })
    expect(new Set(names).size).toBe(6)
  })

  it('have names that S3 takes, also in the region with the longest name', () => {
    const buckets = namesIn('ap-southeast-1').filter((name) => name.startsWith('AWS::S3::Bucket '))
    for (const name of buckets) expect(name.replace('AWS::S3::Bucket ', '')).toMatch(/^[a-z0-9-]{3,63}$/)
  })

  it('do not share a vault: the copies of the one are not where the other keeps its own', () => {
    const template = readTemplate('production', 'data')
    const vaults = Object.values(template.findResources('AWS::Backup::BackupVault'))
    expect(vaults.map(({ Properties }) => resolved(Properties.BackupVaultName, other))).toEqual([
      'spillway-production-us-west-2',
    ])
  })
})
