import { ArnFormat, Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

/** ARN of an Auto Scaling group by name; the wildcard stands for an id that only the service knows. */
export const groupArn = (scope: Construct, groupName: string): string =>
  Stack.of(scope).formatArn({
    service: 'autoscaling',
    resource: 'autoScalingGroup',
    resourceName: `*:autoScalingGroupName/${groupName}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
