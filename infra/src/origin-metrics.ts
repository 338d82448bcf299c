/**
 * The origin's metrics that scaling and alarms rest on, by their names on `/metrics`. Gauges and counters only: the
 * CloudWatch agent's Prometheus scraper drops histograms. A counter arrives in CloudWatch as the increase since the
 * scrape before, and series that differ in labels we do not forward are added up by the sum over the minute.
 */
export const originMetrics = {
  /** Gauge: p99 of the waits for a database connection since the scrape before, seconds. */
  poolWait: 'origin_pool_wait_p99_seconds',
  /** Counter: requests let in, by priority. */
  admitted: 'origin_admission_admitted_total',
  /** Counter: requests refused by overload control, by priority and reason. */
  shed: 'origin_admission_shed_total',
} as const

/** CloudWatch namespace and the one dimension of those metrics. */
export const originNamespace = 'Spillway/Origin'
export const stageDimension = 'Stage'
