/**
 * The origin's metrics that scaling and alarms rest on, by their names on `/metrics`. Gauges and counters only: the
 * CloudWatch agent's Prometheus scraper drops histograms. A counter arrives in CloudWatch as the increase since the
 * scrape before.
 */
export const originMetrics = {
  /** Gauge: longest wait for a database connection within the last scrape interval, ms. */
  poolWaitMs: 'spillway_pool_wait_ms',
  /** Gauge: connections that the process has open. */
  poolConnections: 'spillway_pool_connections',
  /** Counter: requests that arrived, health checks left out. */
  requests: 'spillway_requests_total',
  /** Counter: requests refused by overload control. */
  shed: 'spillway_shed_total',
} as const

/** CloudWatch namespace and the one dimension of those metrics. */
export const originNamespace = 'Spillway/Origin'
export const stageDimension = 'Stage'
