import { Stack, TimeZone } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { Universal } from 'aws-cdk-lib/aws-scheduler-targets'
import { Construct } from 'constructs'
import { acceptWildcard } from '../nag.ts'
import { groupArn } from './group-arn.ts'

/**
 * Replaces every origin instance once a week. Credentials rotate every thirty days and are read at start, so the
 * fleet always holds ones that are valid; and what is replaced every week is known to be replaceable.
 */
export class WeeklyRefresh extends Construct {
  constructor(scope: Construct, id: string, { groupName }: { readonly groupName: string }) {
    super(scope, id)
    const group = groupArn(this, groupName)
    // The scheduler makes its role beside the stack's other singletons, not below this construct.
    acceptWildcard(
      Stack.of(this),
      group,
      'The wildcard stands for an id that AWS gives the group; its name follows.',
    )
    new Schedule(this, 'Schedule', {
      description: 'Replace every origin instance',
      schedule: ScheduleExpression.cron({
        weekDay: 'TUE',
        hour: '9',
        minute: '0',
        timeZone: TimeZone.ETC_UTC,
      }),
      target: new Universal({
        service: 'autoscaling',
        action: 'startInstanceRefresh',
        input: ScheduleTargetInput.fromObject({
          AutoScalingGroupName: groupName,
          Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 134, InstanceWarmup: 60 },
        }),
        policyStatements: [
          new PolicyStatement({
            actions: ['autoscaling:StartInstanceRefresh'],
            resources: [group],
          }),
        ],
      }),
    })
  }
}
