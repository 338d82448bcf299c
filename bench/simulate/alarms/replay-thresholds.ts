import { type Datapoint, evaluateMath, evaluationRange, isInAlarm, type ThresholdAlarm } from '../infra.ts'
import { type CloudWatchMinutes, keyOf } from './cloudwatch.ts'
import { delayMinutes } from './replay.ts'

/** A threshold alarm, and the minute of the run in which it began to ring. */
export interface ThresholdRinging {
  readonly alarm: string
  readonly minute: number
}

type Minutes = CloudWatchMinutes['minutes']

/** Metrics of an alarm that a run does not have. */
export function missingMetrics({ metric }: ThresholdAlarm, [first]: Minutes): readonly string[] {
  const plain = 'expression' in metric ? Object.values(metric.metrics) : [metric]
  return plain.map(keyOf).filter((key) => first === undefined || !(key in first))
}

/**
 * Evaluates each alarm minute by minute, after a calm that was like the first one.
 *
 * @returns every alarm that rings, with its first minute, the earliest first
 */
export function replayThresholds(
  minutes: Minutes,
  alarms: readonly ThresholdAlarm[],
): readonly ThresholdRinging[] {
  return alarms
    .flatMap((alarm) => {
      const series = seriesOf(alarm, minutes)
      const minute = minutes.findIndex((_, at) =>
        isInAlarm(alarm, valuesBefore(at - delayMinutes, series, alarm)),
      )
      return minute === -1 ? [] : [{ alarm: alarm.name, minute }]
    })
    .toSorted((one, other) => one.minute - other.minute)
}

/** @throws {RangeError} for an alarm on what the run does not have */
function seriesOf(alarm: ThresholdAlarm, minutes: Minutes): readonly Datapoint[] {
  const missing = missingMetrics(alarm, minutes)
  if (missing.length > 0)
    throw new RangeError(`${alarm.name}: the simulator does not have ${missing.join(', ')}`)
  if (alarm.periodSeconds !== 60) throw new RangeError(`${alarm.name}: the simulator has minutes alone`)
  const { metric } = alarm
  return minutes.map((minute) => {
    if (!('expression' in metric)) return minute[keyOf(metric)]
    const values = Object.entries(metric.metrics).map(([id, each]) => [id, minute[keyOf(each)]])
    return evaluateMath(metric.expression, Object.fromEntries(values))
  })
}

/** The values before a minute that an alarm looks at; those before the run are like its first. */
function valuesBefore(
  end: number,
  series: readonly Datapoint[],
  alarm: ThresholdAlarm,
): readonly Datapoint[] {
  const length = evaluationRange(alarm)
  return Array.from({ length }, (_, index) => series[Math.max(0, end - length + index)])
}
