import type { AutoScalingGroup, CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling'

/** The resource of a group in the template, for what the construct has no property for. */
export const cfnGroup = (group: AutoScalingGroup): CfnAutoScalingGroup =>
  // The cast is safe: the group's default child is the resource that it wraps.
  group.node.defaultChild as CfnAutoScalingGroup
