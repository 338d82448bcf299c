import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Slo } from '@spillway/origin/contract'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { StageName } from '../config.ts'
import { analyticsSecret, edgeDataset, edgeNamespace } from '../edge-metrics.ts'
import { sloQueryText } from '../edge-queries.ts'
import { accept } from '../nag.ts'
import { priorityDimension, stageDimension } from '../origin-metrics.ts'
import type { Alarms } from './alarms.ts'
import { BurnAlarms } from './burn-alarms.ts'

export interface EdgeAlarmsProps {
  readonly stage: StageName
  readonly slo: Slo
  readonly topic: ITopic
  readonly alarms: Alarms
  /** Dimensions of the balancer's targets, which the edge asks. */
  readonly targets: Readonly<Record<string, string>>
}

const source = join(import.meta.dirname, '..', '..', 'functions', 'edge-counts.cjs')

/**
 * Burn-rate alarms of the edge. Its counts are in Cloudflare, whose notifications do not look at them; a function
 * copies those of each minute into CloudWatch, where the same alarms take them as take the origins'. It is in no
 * network of the stage, so it tells of an edge whose origins are all gone.
 * [Decision 60](../../decisions/0060-the-stage-watches-its-edge.md).
 */
export class EdgeAlarms extends Construct {
  constructor(scope: Construct, id: string, { stage, slo, topic, alarms, targets }: EdgeAlarmsProps) {
    super(scope, id)
    const token = new Secret(this, 'Token', {
      secretName: analyticsSecret(stage),
      description: 'Reads the edge’s data points; put in by npm run bootstrap from EDGE_ANALYTICS_TOKEN',
    })
    accept(token, 'AwsSolutions-SMG4', 'Cloudflare issues the token; bootstrap replaces it.')
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    // A role of its own: the construct's default may write to every log of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    token.grantRead(role)
    logGroup.grantWrite(role)
    const copy = new LambdaFn(this, 'Copy', {
      description: 'Copies the edge’s counts into CloudWatch, minute by minute',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromInline(readFileSync(source, 'utf8')),
      timeout: Duration.seconds(20),
      memorySize: 128,
      role,
      logGroup,
      environment: {
        STAGE: stage,
        NAMESPACE: edgeNamespace,
        SECRET: analyticsSecret(stage),
        QUERY: sloQueryText(slo, edgeDataset(stage), 60),
        CLOUDFLARE_API_BASE_URL: 'https://api.cloudflare.com/client/v4',
      },
    })
    new Rule(this, 'EachMinute', {
      description: 'Copies the edge’s counts',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(copy, { retryAttempts: 2, maxEventAge: Duration.minutes(10) })],
    })
    new BurnAlarms(this, 'Slo', {
      ...{ prefix: `spillway-${stage}-edge`, slo, topic },
      count: (metricName, priority, period) =>
        new Metric({
          ...{ namespace: edgeNamespace, metricName, period, statistic: Stats.SUM, label: metricName },
          dimensionsMap: { [stageDimension]: stage, [priorityDimension]: priority },
        }),
      runbooks: 'roll-back-edge, restart-tunnel, emergency-shed',
    })
    alarms.add('edgeCounts', { targets, stage: { [stageDimension]: stage } })
  }
}
