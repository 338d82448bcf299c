/** Metrics that scaling can follow, averaged over a period. */
export type ScalingMetric =
  /** Requests of a minute over instances in service, as a balancer counts them. */
  | 'requestsPerTarget'
  /** CPU of the instances in service that are warm, per cent. */
  | 'cpuPercent'
  /** Wait for a database connection, ms. */
  | 'poolWaitMs'
  /** Requests that the origin refused, per cent. */
  | 'shedPercent'
  /** Requests a second of the whole group. */
  | 'requestsPerSecond'

/** Holds a metric near a value. */
export interface TargetTracking {
  readonly kind: 'target'
  readonly metric: ScalingMetric
  readonly target: number
}

export interface Step {
  /** Value of the metric from which the step holds; of a scale-in, up to which. */
  readonly at: number
  /** Per cent of the group, instances, or the size to have: what `adjustment` says. */
  readonly change: number
}

/** Changes the group by a metric's distance from its target. */
export interface StepScaling {
  readonly kind: 'step'
  readonly metric: ScalingMetric
  readonly direction: 'out' | 'in'
  readonly adjustment: 'percent' | 'change' | 'exact'
  /** Mildest first. */
  readonly steps: readonly Step[]
  /** Periods in a row before the alarm goes off. */
  readonly periods: number
  /** Fewest instances that a percentage stands for. @default 1 */
  readonly magnitudeMin?: number
}

export type ScalingPolicy = TargetTracking | StepScaling

/** Everything about a group that the search may choose. */
export interface ScalingRules {
  readonly name: string
  readonly instanceType: string
  /** One per core. */
  readonly processes: number
  readonly min: number
  readonly max: number
  /** Instances kept booted and stopped. */
  readonly warm: number
  /** Time for which a new instance is left out of the group's metrics, s. */
  readonly warmupSeconds: number
  /** Period of a metric: 60 with detailed monitoring, 300 without, s. */
  readonly periodSeconds: number
  readonly policies: readonly ScalingPolicy[]
}
