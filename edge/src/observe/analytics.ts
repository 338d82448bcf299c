import type { Observe } from '../observation.ts'

/**
 * Observations → Analytics Engine data points. Columns are stable, since queries name them by number:
 * blobs: method, pattern, reason, cache; doubles: status, duration (ms), origin (ms, -1 where not asked).
 */
export function analyticsObserver(dataset: AnalyticsEngineDataset): Observe {
  return (observation) => {
    if (observation.kind !== 'answer') return
    const { method, pattern = '', reason = '', cache = '', status, durationMs, originMs = -1 } = observation
    dataset.writeDataPoint({
      indexes: [pattern],
      blobs: [method, pattern, reason, cache],
      doubles: [status, durationMs, originMs],
    })
  }
}
