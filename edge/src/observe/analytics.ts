import type { AnswerObservation, Observe } from './observation.ts'
import { Sampler } from './sampler.ts'

/** Sampling rate of routine answers: one in so many is written. */
const ordinaryEvery = 20

/**
 * Observations → Analytics Engine data points. Columns are stable, since queries name them by number:
 * blobs: method, pattern, reason, cache; doubles: status, duration (ms), origin (ms, -1 where not asked), and the number
 * of answers that the point stands for, by which sums are to be weighted. Whatever was refused, failed or went to the
 * origin is written; what the cache served is sampled, since a point for each would cost more than serving it does. What a
 * flood is refused with comes sampled.
 */
export function analyticsObserver(dataset: Pick<AnalyticsEngineDataset, 'writeDataPoint'>): Observe {
  const sampler = new Sampler(ordinaryEvery)
  return (observation, _nowMs, repeats = 0) => {
    if (observation.kind !== 'answer') return
    const isSampled = isOrdinary(observation)
    if (isSampled && !sampler.picks()) return
    const weight = isSampled ? sampler.every : Math.max(1, repeats)
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
