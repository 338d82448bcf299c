import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling'
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { cloudWatchMetric } from './cloudwatch-metric.ts'

export const groupDimensions = ({ autoScalingGroupName }: AutoScalingGroup) => ({
  AutoScalingGroupName: autoScalingGroupName,
})

/** A metric that an Auto Scaling group reports of itself, averaged over a minute. */
export const groupMetric = (group: AutoScalingGroup, name: string, label?: string): IMetric =>
  cloudWatchMetric(
    {
      ...{ namespace: 'AWS/AutoScaling', name, of: 'origins', statistic: 'Average' },
      ...(label && { label }),
    },
    { origins: groupDimensions(group) },
  )
