import type { AnswerObservation, Observe } from '../observation.ts'

/** Of answers that are no news, and of those that repeat another, one in so many is written. */
const sampledEvery = 20

/**
 * Observations → Analytics Engine data points. Columns are stable, since queries name them by number:
 * blobs: method, pattern, reason, cache; doubles: status, duration (ms), origin (ms, -1 where not asked), and the number
 * of answers that the point stands for, by which sums are to be weighted. Whatever was refused, failed or went to the
 * origin is written; what the cache served and what a flood is refused with are sampled, since a point for each would cost
 * more than answering them does.
 */
export function analyticsObserver(dataset: Pick<AnalyticsEngineDataset, 'writeDataPoint'>): Observe {
  let ordinary = 0
  let repeats = 0
  return (observation, _nowMs, isRepeat = false) => {
    if (observation.kind !== 'answer') return
    let weight = 1
    if (isRepeat || isOrdinary(observation)) {
      const count = isRepeat ? ++repeats : ++ordinary
      if (count % sampledEvery !== 0) return
      weight = sampledEvery
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
