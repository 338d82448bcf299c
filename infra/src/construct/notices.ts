import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'

/**
 * Mails about background work that failed, which has no metric of its own: a refresh of instances, a backup or its copy,
 * the rotation of a secret. The rotation is an event of CloudTrail, so the account needs a trail.
 */
export class Notices extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { topic, config }: { readonly topic: ITopic; readonly config: StageConfig },
  ) {
    super(scope, id)
    const { stage, database } = config
    const failures: Record<string, EventPattern> = {
      // docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html
      RefreshFailed: {
        source: ['aws.autoscaling'],
        detailType: [
          'EC2 Auto Scaling Instance Refresh Failed',
          'EC2 Auto Scaling Instance Refresh Cancelled',
        ],
        detail: {
          AutoScalingGroupName: [
            { prefix: `spillway-origin-${stage}` },
            { prefix: `spillway-tunnel-${stage}` },
          ],
        },
      },
      // docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudtrail_entries.html
      RotationFailed: {
        source: ['aws.secretsmanager'],
        detailType: ['AWS Service Event via CloudTrail'],
        detail: {
          eventName: ['RotationFailed'],
          additionalEventData: { SecretId: [{ wildcard: `*:secret:spillway/${stage}/*` }] },
        },
      },
      // docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
      ...(database.kind === 'documentdb' &&
        database.protected && {
          BackupFailed: {
            source: ['aws.backup'],
            detailType: ['Backup Job State Change', 'Copy Job State Change'],
            detail: { state: ['FAILED', 'ABORTED', 'EXPIRED', 'PARTIAL'] },
          },
        }),
    }
    for (const [name, eventPattern] of Object.entries(failures)) {
      new Rule(this, name, {
        description: 'Mails the alerts’ address',
        eventPattern,
        targets: [new SnsTopic(topic)],
      })
    }
  }
}
