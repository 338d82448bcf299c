import { Duration } from 'aws-cdk-lib'
import {
  AdjustmentType,
  type AutoScalingGroup,
  MetricAggregationType,
  StepScalingAction,
} from 'aws-cdk-lib/aws-autoscaling'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { AutoScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Construct } from 'constructs'
import { requestsPerTargetPerMinute, type StageConfig } from '../config.ts'
import { cpuTargetPercent, type Growth, growth } from '../scaling-rules.ts'
import type { OriginSignals } from './origin-signals.ts'

export interface OriginScalingProps {
  readonly group: AutoScalingGroup
  readonly signals: OriginSignals
  readonly config: StageConfig
}

/**
 * Rules by which the group grows and shrinks; decision 0004 gives the reasons. Requests per target announce load early,
 * the origin's own pressure shows that it hurts already, and only target tracking shrinks the group.
 */
export class OriginScaling extends Construct {
  private readonly group: AutoScalingGroup
  private readonly stage: string

  constructor(scope: Construct, id: string, { group, signals, config }: OriginScalingProps) {
    super(scope, id)
    this.group = group
    this.stage = config.stage
    // Target tracking scales in only after 15 minutes below seven tenths of every target, which is conservative enough.
    group.scaleOnRequestCount('Requests', { targetRequestsPerMinute: requestsPerTargetPerMinute(config) })
    group.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: cpuTargetPercent })
    this.grow('PoolWait', signals.poolWaitMs, growth.poolWaitMs)
    this.grow('Shed', signals.shedShare, growth.shedPercent)
  }

  private grow(name: string, metric: IMetric, { from, percent, urgentFrom, urgentPercent }: Growth): void {
    const action = new StepScalingAction(this, `${name}Growth`, {
      autoScalingGroup: this.group,
      adjustmentType: AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
      minAdjustmentMagnitude: 1,
      metricAggregationType: MetricAggregationType.AVERAGE,
      estimatedInstanceWarmup: Duration.seconds(60),
    })
    // Bounds are relative to the alarm's threshold.
    action.addAdjustment({ lowerBound: 0, upperBound: urgentFrom - from, adjustment: percent })
    action.addAdjustment({ lowerBound: urgentFrom - from, adjustment: urgentPercent })
    new Alarm(this, `${name}Pressure`, {
      alarmName: `spillway-${this.stage}-grow-${name}`,
      alarmDescription: 'Scales the origin out; nobody is called.',
      metric,
      threshold: from,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new AutoScalingAction(action))
  }
}
