import { type Priority, priorities, type Slo, type SloCounts } from '@spillway/origin/contract'
import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarmRule,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import {
  type BurnRule,
  type BurnWindow,
  badMin,
  burnRules,
  burnThreshold,
  comparedBy,
  type Indicator,
  indicators,
  targetOf,
} from '../burn-rules.ts'

export interface BurnAlarmsProps {
  /** Prefix of the alarms' names, such as `spillway-production-origin`. */
  readonly prefix: string
  readonly slo: Slo
  readonly topic: ITopic
  /** Count of a priority's answers, summed over `period`. */
  readonly count: (name: keyof SloCounts, priority: Priority, period: Duration) => IMetric
  /** Runbooks to open, comma-separated. */
  readonly runbooks: string
}

/**
 * Alarms on the burn rates of all objectives. A window is an alarm without an action: an alarm's expression cannot mix
 * periods. CloudWatch evaluates it each minute over the span that ends then (User Guide, "Alarm evaluation window",
 * sliding). Composite alarms join them: an urgent one, and one of the slow rule that keeps quiet while the urgent one
 * rings.
 */
export class BurnAlarms extends Construct {
  private readonly props: BurnAlarmsProps

  constructor(scope: Construct, id: string, props: BurnAlarmsProps) {
    super(scope, id)
    this.props = props
    for (const priority of priorities) for (const indicator of indicators) this.addOf(priority, indicator)
  }

  private addOf(priority: Priority, indicator: Indicator): void {
    const ofSeverity = (severity: BurnRule['severity']): readonly IAlarmRule[] =>
      burnRules
        .filter((rule) => rule.severity === severity)
        .map((rule) =>
          AlarmRule.allOf(
            this.window(priority, indicator, rule, 'long'),
            this.window(priority, indicator, rule, 'short'),
          ),
        )
    const what = `${priority} requests' ${indicator}`
    const urgent = this.composite(`${priority}-${indicator}-urgent`, {
      rule: AlarmRule.anyOf(...ofSeverity('urgent')),
      says: `The error budget of ${what} is spent so fast that it is gone within days`,
    })
    this.composite(`${priority}-${indicator}-slow`, {
      rule: AlarmRule.allOf(
        ...ofSeverity('slow'),
        AlarmRule.not(AlarmRule.fromAlarm(urgent, AlarmState.ALARM)),
      ),
      says: `The error budget of ${what} will not last its period: look at it within days`,
    })
  }

  private window(
    priority: Priority,
    indicator: Indicator,
    rule: BurnRule,
    which: 'long' | 'short',
  ): IAlarmRule {
    const { prefix, slo, count } = this.props
    const { seconds, times }: BurnWindow = rule[which]
    const { bad, all } = comparedBy[indicator]
    const period = Duration.seconds(seconds)
    const share = 1 - targetOf(slo.objectives[priority], indicator)
    const alarm = new Alarm(this, `${priority}-${indicator}-${rule.name}-${which}`, {
      alarmName: `${prefix}-${priority}-${indicator}-${rule.name}-${which}`,
      alarmDescription: 'A window of a burn rate: see the composite alarm that names it.',
      metric: new MathExpression({
        expression: `IF(bad < ${badMin}, 0, bad / all / ${Number(share.toFixed(6))})`,
        usingMetrics: { bad: count(bad, priority, period), all: count(all, priority, period) },
        period,
        label: 'burn rate',
      }),
      threshold: Number(burnThreshold(rule, slo.days).toFixed(6)),
      evaluationPeriods: times,
      datapointsToAlarm: times,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Without answers nothing burns; that there are none is an alarm of its own.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    return AlarmRule.fromAlarm(alarm, AlarmState.ALARM)
  }

  private composite(name: string, { rule, says }: { readonly rule: IAlarmRule; readonly says: string }) {
    const { prefix, topic, runbooks } = this.props
    const alarm = new CompositeAlarm(this, name, {
      compositeAlarmName: `${prefix}-${name}`,
      alarmDescription: `${says}. Why: npm run slo, npm run why. Runbook: ${runbooks}.`,
      alarmRule: rule,
    })
    alarm.addAlarmAction(new SnsAction(topic))
    alarm.addOkAction(new SnsAction(topic))
    return alarm
  }
}
