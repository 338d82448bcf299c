import type { SloCounts } from '@spillway/origin/contract'

/**
 * The origin's metrics that scaling and alarms use, by their names on `/metrics`. Only gauges and counters, since the
 * CloudWatch agent's Prometheus scraper drops histograms. A counter arrives in CloudWatch as its increase since the
 * previous scrape; summing over a minute adds up series that differ in labels that are not forwarded.
 */
export const originMetrics = {
  /** Gauge: p99 of the waits for a database connection since the previous scrape, seconds. */
  poolWait: 'origin_pool_wait_p99_seconds',
  /** Counter: admitted requests, by priority. */
  admitted: 'origin_admission_admitted_total',
  /** Counter: requests refused by overload control, by priority and reason. */
  shed: 'origin_admission_shed_total',
} as const

/** Metrics by which a release is compared with the former one, beside `admitted`. */
export const releaseMetrics = {
  /** Gauge: p99 of the time of requests since the previous scrape, seconds. */
  requestP99: 'origin_request_duration_p99_seconds',
  /** Counter: answers that are problems. Only those of `internal-error`, a fault of the code, are forwarded. */
  problems: 'origin_problems_total',
} as const

/** Counters of answers as the objectives judge them, by priority. */
export const sloMetrics = {
  answers: 'origin_slo_answers_total',
  failed: 'origin_slo_failed_total',
  timed: 'origin_slo_timed_total',
  slow: 'origin_slo_slow_total',
} as const satisfies Record<keyof SloCounts, string>

/** CloudWatch namespace and the dimensions of those metrics: the stage, and with `sloMetrics` the priority. */
export const originNamespace = 'Spillway/Origin'
export const stageDimension = 'Stage'
export const priorityDimension = 'priority'
/** Commit of a release, the start of its name: dimension beside the stage of what is compared by release. */
export const releaseDimension = 'Release'
