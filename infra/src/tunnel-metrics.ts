/**
 * Metrics of `cloudflared` that alarms and the dashboard use, by their names on its `/metrics`
 * (developers.cloudflare.com, Tunnel, Metrics). A counter arrives in CloudWatch as its increase since the previous scrape.
 */
export const tunnelMetrics = {
  /** Counter: requests proxied to the balancer. */
  requests: 'cloudflared_tunnel_total_requests',
  /** Counter: requests that did not reach the balancer. */
  errors: 'cloudflared_tunnel_request_errors',
  /** Gauge: requests in flight in a connector. */
  inFlight: 'cloudflared_tunnel_concurrent_requests_per_tunnel',
  /** Gauge: a connector's connections to Cloudflare; four when healthy. */
  connections: 'cloudflared_tunnel_ha_connections',
} as const

/** CloudWatch namespace and the dimension, besides the stage, of those metrics. */
export const tunnelNamespace = 'Spillway/Tunnel'
export const tunnelDimension = 'Tunnel'
