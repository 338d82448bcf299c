import { defaultWorkload, type StageConfig } from './infra.ts'
import { ProcessResponses } from './process/response.ts'
import { deployedRules, poolSizeFor, production } from './rules.ts'
import { heavier, readServiceTimes, type ServiceTimes } from './service-times.ts'
import type { World } from './simulation.ts'

export interface WorldOptions {
  /** Times that a request is heavier than measured. @default 1 */
  readonly weight?: number
  /** Requests of a process to follow for each load that it meets; fewer are faster and less steady. */
  readonly requests: number
  readonly seed?: number
  /** @default the times in service-times.json */
  readonly times?: ServiceTimes
  readonly stage?: StageConfig
}

/** Parts that all simulations of one kind share: the measured origin, and users as infra's cost model has them. */
export function createWorld(options: WorldOptions): World {
  const { weight = 1, requests, seed = 1, stage = production } = options
  const times = heavier(options.times ?? readServiceTimes(), weight)
  const poolSize = poolSizeFor(stage, deployedRules(stage))
  return {
    stage,
    times,
    responses: new ProcessResponses(times, poolSize, requests),
    thinkSeconds: 1 / defaultWorkload.requestsPerUserSecond,
    seed,
  }
}
