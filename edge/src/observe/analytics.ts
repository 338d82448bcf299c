import type { AnswerObservation, Observe } from './observation.ts'
import { Sampler } from './sampler.ts'

/** Sampling of routine answers: one in this many is written. */
const ordinaryEvery = 20

/**
 * Observations → Analytics Engine data points, by the columns of `analytics-columns.ts`. Refusals, failures and
 * requests to the origin are all written. Cache hits are sampled, since a point for each would cost more than serving
 * it; repeated refusals of a flood arrive sampled.
 */
export function analyticsObserver(
  dataset: Pick<AnalyticsEngineDataset, 'writeDataPoint'>,
  version = '',
): Observe {
  const sampler = new Sampler(ordinaryEvery)
  return (observation, _nowMs, repeats = 0) => {
    if (observation.kind === 'warm-up') {
      const { warmed, held, refused } = observation
      dataset.writeDataPoint({ indexes: ['warm-up'], blobs: [], doubles: [warmed, held, refused] })
    }
    if (observation.kind !== 'answer') return
    const isSampled = isOrdinary(observation)
    if (isSampled && !sampler.picks()) return
    const weight = isSampled ? sampler.every : Math.max(1, repeats)
    const { method, pattern = '', reason = '', cache = '', priority = '' } = observation
    const { status, durationMs, originMs = -1, takesItsTime } = observation
    dataset.writeDataPoint({
      indexes: [pattern],
      blobs: [method, pattern, reason, cache, priority, version],
      doubles: [status, durationMs, originMs, weight, takesItsTime === true ? 1 : 0],
    })
  }
}

const isOrdinary = ({ status, reason, originMs }: AnswerObservation): boolean =>
  status < 400 && reason === undefined && originMs === undefined
