import type { FastifyRequest } from 'fastify'
import { DurationHistogram } from '../../origin/src/observe/duration-histogram.ts'
import type { RequiredStep } from './required-steps.ts'

/** Requests in service, and what their ends are counted in. */
export interface Measures {
  /** Requests in service. */
  taken: number
  /** Called once for each answer. */
  ended(request: FastifyRequest, status: number): void
}

export function requiredMeasures(steps: ReadonlySet<RequiredStep>): Measures {
  const histograms = new Map<string, DurationHistogram>()
  const measures = {
    taken: 0,
    /** Moving mean of the time in service, in ms, by which a limit would be set. */
    meanMs: 0,
    ended(request: FastifyRequest, status: number): void {
      if (!steps.has('permit')) return
      const tookMs = performance.now() - request.startMs
      if (request.hasPermit) {
        measures.taken -= 1
        measures.meanMs += (tookMs - measures.meanMs) * 0.1
      }
      if (!steps.has('measures')) return
      const key = `${request.routeOptions.url} ${Math.floor(status / 100)}`
      const histogram = histograms.get(key) ?? new DurationHistogram()
      histograms.set(key, histogram)
      histogram.observe(tookMs)
    },
  }
  return measures
}
