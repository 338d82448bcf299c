import { Duration } from 'aws-cdk-lib'
import { AdjustmentType, type AutoScalingGroup, MetricAggregationType } from 'aws-cdk-lib/aws-autoscaling'
import { Construct } from 'constructs'
import { requestsPerTargetPerMinute, type StageConfig } from '../config.ts'
import type { OriginSignals } from './origin-signals.ts'

export interface OriginScalingProps {
  readonly group: AutoScalingGroup
  readonly signals: OriginSignals
  readonly config: StageConfig
}

/**
 * When the group grows and shrinks. Decision 0004 gives the reasons; in short: requests per target say early that
 * more is coming, the origin's own pressure says that it hurts already, and only the first one ever shrinks the group.
 */
export class OriginScaling extends Construct {
  constructor(scope: Construct, id: string, { group, signals, config }: OriginScalingProps) {
    super(scope, id)
    // Scale-in of target tracking waits for 15 minutes below nine tenths of the target: conservative as it is.
    group.scaleOnRequestCount('Requests', { targetRequestsPerMinute: requestsPerTargetPerMinute(config) })

    const growth = {
      adjustmentType: AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
      minAdjustmentMagnitude: 1,
      evaluationPeriods: 1,
      estimatedInstanceWarmup: Duration.seconds(60),
    }
    // Waiting for a connection should take less than a millisecond; 20 ms is a queue, 100 ms a tenth of the second
    // that every answer has.
    group.scaleOnMetric('PoolWait', {
      ...growth,
      metric: signals.poolWaitMs,
      metricAggregationType: MetricAggregationType.AVERAGE,
      scalingSteps: [
        { lower: 0, upper: 20, change: 0 },
        { lower: 20, upper: 100, change: 25 },
        { lower: 100, change: 50 },
      ],
    })
    // Nothing is shed in good health. A per cent is a group too small, ten a group much too small.
    group.scaleOnMetric('Shed', {
      ...growth,
      metric: signals.shedShare,
      metricAggregationType: MetricAggregationType.AVERAGE,
      scalingSteps: [
        { lower: 0, upper: 1, change: 0 },
        { lower: 1, upper: 10, change: 50 },
        { lower: 10, change: 100 },
      ],
    })
  }
}
