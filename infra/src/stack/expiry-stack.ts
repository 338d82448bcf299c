import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import { acceptWildcard } from '../nag.ts'

export interface ExpiryStackProps extends StackProps {
  /** Names of the stacks to delete, each before those that it needs. */
  readonly stackNames: readonly string[]
  readonly expiresAt: Date
}

/** Time for the deletion of a stack: that of a cluster with its instances takes longest. */
const betweenDeletions = Duration.minutes(45)

/**
 * Deletes the stacks of a preview at its time, one after the other, without anybody who has to remember. Each
 * deployment sets the time again. CloudFormation deletes with the role that deployed the stack (the CDK's), so this one
 * may delete these stacks and nothing else.
 */
export class ExpiryStack extends Stack {
  constructor(scope: Construct, id: string, { stackNames, expiresAt, ...props }: ExpiryStackProps) {
    super(scope, id, props)
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    for (const [index, stackName] of stackNames.entries()) {
      const stack = this.formatArn({
        service: 'cloudformation',
        resource: 'stack',
        resourceName: `${stackName}/*`,
      })
      role.addToPolicy(new PolicyStatement({ actions: ['cloudformation:DeleteStack'], resources: [stack] }))
      acceptWildcard(
        role,
        stack,
        'The last part is an id that CloudFormation chooses; the name is the stack’s.',
      )
      const at = new Date(expiresAt.getTime() + index * betweenDeletions.toMilliseconds())
      new CfnSchedule(this, `Delete${index + 1}`, {
        description: `Deletes ${stackName}, whose preview has expired`,
        flexibleTimeWindow: { mode: 'OFF' },
        // In UTC, to the second (Scheduler User Guide, "One-time schedules").
        scheduleExpression: `at(${at.toISOString().slice(0, 19)})`,
        target: {
          arn: 'arn:aws:scheduler:::aws-sdk:cloudformation:deleteStack',
          roleArn: role.roleArn,
          input: JSON.stringify({ StackName: stackName }),
        },
      })
    }
  }
}
