/** Only import of infra: the simulation runs the numbers that infra deploys. */

export { CountSeries } from '../../infra/slo/count-series.ts'
export { type Datapoint, evaluationRange, isInAlarm } from '../../infra/src/alarms/evaluate.ts'
export { evaluateMath } from '../../infra/src/alarms/metric-math.ts'
export { thresholdAlarms } from '../../infra/src/alarms/table.ts'
export type { PlainMetric, ThresholdAlarm } from '../../infra/src/alarms/threshold-alarm.ts'
export {
  type BurnRule,
  burnRate,
  burnRules,
  type Indicator,
  indicators,
  isRinging,
} from '../../infra/src/burn-rules.ts'
export {
  type ConnectionDemand,
  connectionBudget,
  type DatabaseCapacity,
  monitorConnections,
  poolSizeMax,
} from '../../infra/src/capacity.ts'
export {
  connectionDemand,
  connectorRequestsPerSecond,
  connectorsOf,
  databaseCapacity,
  documentDbOf,
  requestsPerTargetPerMinute,
  type StageConfig,
} from '../../infra/src/config.ts'
export { hoursPerMonth, priceSource, prices, tiered } from '../../infra/src/cost/prices.ts'
export { defaultWorkload, service } from '../../infra/src/cost/workload.ts'
export { databaseClasses, databaseClassNames } from '../../infra/src/database-class.ts'
export { originMetrics } from '../../infra/src/origin-metrics.ts'
export {
  connectorCpuTargetPercent,
  cpuTargetPercent,
  type Growth,
  growth,
} from '../../infra/src/scaling-rules.ts'
export { stages } from '../../infra/src/stages.ts'
export { tunnelMetrics } from '../../infra/src/tunnel-metrics.ts'
