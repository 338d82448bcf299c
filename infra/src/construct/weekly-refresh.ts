import { TimeZone } from 'aws-cdk-lib'
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { Universal } from 'aws-cdk-lib/aws-scheduler-targets'
import { Construct } from 'constructs'
import { acceptWildcard } from '../nag.ts'
import { groupArn } from './group-arn.ts'

/**
 * Replaces every origin instance once a week. Credentials rotate every thirty days and are read at start, so the fleet
 * always has valid ones; and a weekly replacement proves that instances can be replaced.
 */
export class WeeklyRefresh extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { groupName, alarms }: { readonly groupName: string; readonly alarms: readonly IAlarm[] },
  ) {
    super(scope, id)
    const group = groupArn(this, groupName)
    // A separate role: the scheduler's default role belongs to the stack, and exceptions for it would apply to the
    // whole stack.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    acceptWildcard(role, group, 'The wildcard stands for an id that AWS gives the group; its name follows.')
    acceptWildcard(role, '*', 'Describing alarms knows no resource.')
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
        role,
        input: ScheduleTargetInput.fromObject({
          AutoScalingGroupName: groupName,
          Preferences: {
            MinHealthyPercentage: 100,
            MaxHealthyPercentage: 134,
            InstanceWarmup: 60,
            // Stops the refresh on user-visible symptoms; there is no previous configuration to return to.
            AlarmSpecification: { Alarms: alarms.map(({ alarmName }) => alarmName) },
          },
        }),
        policyStatements: [
          new PolicyStatement({
            actions: ['autoscaling:StartInstanceRefresh'],
            resources: [group],
          }),
          // Starting a refresh with alarms requires permission to describe them.
          new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }),
        ],
      }),
    })
  }
}
