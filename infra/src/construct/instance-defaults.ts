import { type BlockDevice, BlockDeviceVolume, EbsDeviceVolumeType } from 'aws-cdk-lib/aws-autoscaling'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { accept } from '../nag.ts'

/** Role of an instance that people reach through Session Manager, never through SSH. */
export function instanceRole(scope: Construct, id: string): Role {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
  })
  accept(
    role,
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
    'AWS keeps this policy in step with the agent; a copy of ours would fall behind it.',
  )
  return role
}

export const encryptedRoot = (sizeGib: number): BlockDevice => ({
  deviceName: '/dev/xvda',
  volume: BlockDeviceVolume.ebs(sizeGib, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
})
