import type { AnswerObservation, Observe } from '../observation.ts'

/** Of answers that are no news, one in so many is written. */
const ordinaryEvery = 20

/**
 * Observations → Analytics Engine data points. Columns are stable, since queries name them by number:
 * blobs: method, pattern, reason, cache; doubles: status, duration (ms), origin (ms, -1 where not asked), and the number
 * of answers that the point stands for, by which sums are to be weighted. Whatever was refused, failed or went to the
 * origin is written; what the cache served is sampled, since a point for each would cost more than serving them does.
 */
export function analyticsObserver(dataset: Pick<AnalyticsEngineDataset, 'writeDataPoint'>): Observe {
  let ordinary = 0
  return (observation) => {
    if (observation.kind !== 'answer') return
    let weight = 1
    if (isOrdinary(observation)) {
      ordinary += 1
      if (ordinary % ordinaryEvery !== 0) return
      weight = ordinaryEvery
    }
    const { method, pattern = '', reason = '', cache = '', status, durationMs, originMs = -1 } = observation
    dataset.writeDataPoint({
      indexes: [pattern],
      blobs: [method, pattern, reason, cache],
      doubles: [status, durationMs, originMs, weight],
    })
  }
}

const isOrdinary = ({ status, reason, originMs }: AnswerObservation): boolean =>
  status < 400 && reason === undefined && originMs === undefined
