import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { stageNames } from '../src/config.ts'
import { stages } from '../src/stages.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

interface Rule {
  readonly CidrIp?: string
  readonly CidrIpv6?: string
  readonly SourceSecurityGroupId?: unknown
  readonly GroupId?: unknown
  readonly FromPort?: number
}

describe.each(stageNames)('%s: reaching the origin', (stage) => {
  it('no security group admits an address; each admits a group before it', () => {
    for (const stack of ['network', 'data', 'origin'] as const) {
      const template = readTemplate(stage, stack)
      const inline = resourcesOf(template, 'AWS::EC2::SecurityGroup').flatMap(
        ({ Properties }) => (Properties.SecurityGroupIngress ?? []) as readonly Rule[],
      )
      const separate = resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').map(
        ({ Properties }) => Properties as Rule,
      )
      for (const rule of [...inline, ...separate]) {
        expect(rule.SourceSecurityGroupId).toBeDefined()
        expect(rule.CidrIp ?? rule.CidrIpv6).toBeUndefined()
      }
    }
  })

  it('connector → balancer → origin → database, and nothing else', () => {
    const ingress = resourcesOf(readTemplate(stage, 'network'), 'AWS::EC2::SecurityGroupIngress').map(
      ({ Properties }) => {
        const { SourceSecurityGroupId, GroupId, FromPort } = Properties as Rule
        return `${nameOf(SourceSecurityGroupId)} → ${nameOf(GroupId)}:${FromPort}`
      },
    )
    expect(ingress.sort()).toEqual([
      'Balancer → Origin:3000',
      'Connector → Balancer:443',
      'Origin → Database:27018',
      'Rotation → Database:27018',
    ])
  })

  it('the balancer is internal and speaks TLS only', () => {
    const template = readTemplate(stage, 'origin')
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1)
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' })
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1)
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Protocol: 'HTTPS',
      Port: 443,
      Certificates: Match.anyValue(),
    })
  })

  it('instances have no public address, no key pair and metadata of the second version only', () => {
    const templates = resourcesOf(readTemplate(stage, 'origin'), 'AWS::EC2::LaunchTemplate')
    expect(templates).toHaveLength(1 + stages[stage].tunnel.tunnels)
    for (const { Properties } of templates) {
      const data = Properties.LaunchTemplateData as Record<string, unknown>
      expect(data).not.toHaveProperty('KeyName')
      expect(data).not.toHaveProperty('NetworkInterfaces')
      expect(data).toHaveProperty('MetadataOptions.HttpTokens', 'required')
    }
    for (const { Properties } of resourcesOf(readTemplate(stage, 'network'), 'AWS::EC2::Subnet')) {
      expect(Properties.MapPublicIpOnLaunch).toBe(false)
    }
  })
})

/** `AccessOriginABCD` of a reference → `Origin`. */
function nameOf(reference: unknown): string {
  const [id] = (reference as { 'Fn::GetAtt': readonly [string, string] })['Fn::GetAtt']
  return id.replace(/^Access/, '').replace(/[0-9A-F]{8}$/, '')
}
