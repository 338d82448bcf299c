import {
  type AutoScalingGroup,
  type BlockDevice,
  BlockDeviceVolume,
  EbsDeviceVolumeType,
} from 'aws-cdk-lib/aws-autoscaling'
import { type IMachineImage, MachineImage } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { accept } from '../nag.ts'
import { cfnGroup } from './cfn-group.ts'

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

/**
 * The newest Amazon Linux 2023 at each launch, not the newest at the last deployment: every replacement brings patches,
 * and a deployment replaces nothing merely because there is a newer image. An instance refresh of such a template
 * cannot roll itself back (API reference, RollbackInstanceRefresh); CloudFormation and the runbook roll-back-origin start a new
 * one instead. docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
 */
export const patchedImage = (): IMachineImage =>
  MachineImage.resolveSsmParameterAtLaunch('/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64')

/**
 * Lets a zonal shift keep a group's launches out of a sick zone. Suspending AZRebalance does not: a group then still
 * "launches instances in the Availability Zone with the fewest instances"
 * (docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html).
 */
export function leavesSickZones(group: AutoScalingGroup): void {
  cfnGroup(group).availabilityZoneImpairmentPolicy = {
    zonalShiftEnabled: true,
    // Also in the sick zone: the replacement starts in another one.
    impairedZoneHealthCheckBehavior: 'ReplaceUnhealthy',
  }
}

export const encryptedRoot = (sizeGib: number): BlockDevice => ({
  deviceName: '/dev/xvda',
  volume: BlockDeviceVolume.ebs(sizeGib, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
})
