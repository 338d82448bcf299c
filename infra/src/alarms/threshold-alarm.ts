import type { StageConfig } from '../config.ts'

/** Resource whose dimensions a metric has; the constructs know them, and tokens of CloudFormation are among them. */
export type Publisher =
  | 'balancer'
  | 'targets'
  | 'stage'
  | 'release'
  | 'origins'
  | 'cluster'
  | 'certificate'
  | `tunnel ${number}`
  | `connectors ${number}`

export interface PlainMetric {
  readonly namespace: string
  readonly name: string
  readonly of: Publisher
  readonly statistic: 'Average' | 'Maximum' | 'Minimum' | 'SampleCount' | 'Sum' | 'p99'
  readonly label?: string
}

/** CloudWatch's metric math over metrics of the same period. */
export interface MathMetric {
  readonly expression: string
  readonly metrics: Readonly<Record<string, PlainMetric>>
  readonly label: string
}

/** An alarm as a row: it rings when so many of the last values are beyond a threshold. */
export interface ThresholdAlarm {
  readonly name: string
  readonly metric: PlainMetric | MathMetric
  readonly periodSeconds: number
  /** Number of values that are looked at: N of "M out of N". */
  readonly evaluationPeriods: number
  /** Number of them that are beyond the threshold when it rings: M. */
  readonly datapointsToAlarm: number
  readonly comparison: 'above' | 'below'
  readonly threshold: number
  readonly missingData: 'breaching' | 'notBreaching'
  /** Explanation, and the runbook to open. */
  readonly description: string
}

/** Alarms of one subject at a stage. */
export type AlarmsOf = (config: StageConfig) => readonly ThresholdAlarm[]

/** Three bad minutes of five; without data, nothing is wrong. */
export const threeOfFive = {
  periodSeconds: 60,
  evaluationPeriods: 5,
  datapointsToAlarm: 3,
  comparison: 'above',
  missingData: 'notBreaching',
} as const

/** Five bad minutes in a row. */
export const fiveOfFive = { ...threeOfFive, datapointsToAlarm: 5 } as const

/** Five minutes in a row with too little of something, or without data. */
export const fiveTooFew = { ...fiveOfFive, comparison: 'below', missingData: 'breaching' } as const
