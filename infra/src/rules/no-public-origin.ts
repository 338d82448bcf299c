import { Stack } from 'aws-cdk-lib'
import { CfnLaunchTemplate, CfnSecurityGroup, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2'
import { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import type { IConstruct, IValidation } from 'constructs'

/**
 * Fails the synthesis if anything is reachable from the internet: an internet-facing balancer, a security group that
 * admits everyone, an instance with a public address. The edge comes in through a tunnel opened from inside.
 */
export const noPublicOrigin = (root: IConstruct): IValidation => ({
  validate: () =>
    root.node.findAll().flatMap((node) => findings(node).map((text) => `${node.node.path}: ${text}`)),
})

/** The casts are safe: resolving a property replaces only its tokens, and the CDK's types name its form. */
function findings(node: IConstruct): readonly string[] {
  const resolve = <T>(value: T): T => Stack.of(node).resolve(value) as T
  if (node instanceof CfnLoadBalancer && node.scheme !== 'internal') {
    return ['the balancer is internet-facing; make it internal']
  }
  if (node instanceof CfnSecurityGroup) {
    const rules = (resolve(node.securityGroupIngress) ?? []) as readonly CfnSecurityGroup.IngressProperty[]
    return rules.filter(admitsEveryone).map(() => 'a rule admits every address')
  }
  if (node instanceof CfnSecurityGroupIngress && admitsEveryone(node))
    return ['the rule admits every address']
  if (node instanceof CfnLaunchTemplate) {
    const data = resolve(node.launchTemplateData) as CfnLaunchTemplate.LaunchTemplateDataProperty
    const interfaces = (data.networkInterfaces ?? []) as readonly CfnLaunchTemplate.NetworkInterfaceProperty[]
    return interfaces
      .filter(({ associatePublicIpAddress }) => associatePublicIpAddress === true)
      .map(() => 'instances ask for a public address')
  }
  return []
}

const admitsEveryone = ({
  cidrIp,
  cidrIpv6,
}: {
  cidrIp?: string | undefined
  cidrIpv6?: string | undefined
}): boolean => cidrIp?.endsWith('/0') === true || cidrIpv6?.endsWith('/0') === true
