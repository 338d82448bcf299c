import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { type AlarmSubject, alarmsOf, thresholdAlarms } from '../alarms/table.ts'
import type { ThresholdAlarm } from '../alarms/threshold-alarm.ts'
import type { StageConfig } from '../config.ts'
import { cloudWatchMetric, type Dimensions } from './cloudwatch-metric.ts'

const comparisons = {
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const

const missing = {
  breaching: TreatMissingData.BREACHING,
  notBreaching: TreatMissingData.NOT_BREACHING,
} as const

export interface AlarmsProps {
  readonly topic: ITopic
  readonly config: StageConfig
}

/** The threshold alarms of a stage, one for each row of the table; each names its runbook. */
export class Alarms extends Construct {
  private readonly topic: ITopic
  private readonly config: StageConfig

  constructor(scope: Construct, id: string, { topic, config }: AlarmsProps) {
    super(scope, id)
    this.topic = topic
    this.config = config
    this.node.addValidation({
      validate: () =>
        thresholdAlarms(config)
          .filter(({ name }) => this.node.tryFindChild(name) === undefined)
          .map(({ name }) => `${config.stage}: the alarm ${name} of the table is not in the stack`),
    })
  }

  /** Adds the alarms of a subject, as soon as the dimensions of their metrics are known. */
  add(subject: AlarmSubject, dimensions: Dimensions): readonly Alarm[] {
    return alarmsOf(subject, this.config).map((alarm) => this.addOne(alarm, dimensions))
  }

  private addOne(row: ThresholdAlarm, dimensions: Dimensions): Alarm {
    const alarm = new Alarm(this, row.name, {
      alarmName: `spillway-${this.config.stage}-${row.name}`,
      alarmDescription: row.description,
      metric: cloudWatchMetric(row.metric, dimensions, row.periodSeconds),
      threshold: row.threshold,
      evaluationPeriods: row.evaluationPeriods,
      datapointsToAlarm: row.datapointsToAlarm,
      comparisonOperator: comparisons[row.comparison],
      treatMissingData: missing[row.missingData],
    })
    alarm.addAlarmAction(new SnsAction(this.topic))
    alarm.addOkAction(new SnsAction(this.topic))
    return alarm
  }
}
