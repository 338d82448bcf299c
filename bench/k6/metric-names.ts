/** k6 takes letters, digits and underscores. */
const safe = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '_')

/** Metrics of one operation, or of `all`. */
export const metricNames = (operation: string) => {
  const prefix = safe(operation)
  return {
    asked: `${prefix}_asked`,
    good: `${prefix}_good`,
    refused: `${prefix}_refused`,
    shed: `${prefix}_shed`,
    failed: `${prefix}_failed`,
    okMs: `${prefix}_ok_ms`,
  } as const
}

export const failureMetric = (reason: string): string => `failure_${safe(reason)}`

/** Shares of all requests, for thresholds. */
export const shareMetrics = { good: 'share_good', failed: 'share_failed' } as const
