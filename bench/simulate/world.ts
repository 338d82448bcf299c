import { defaultWorkload, type StageConfig } from './infra.ts'
import { ProcessResponses } from './process/response.ts'
import { deployedRules, poolSizeFor, production } from './rules.ts'
import { heavier, readServiceTimes, type ServiceTimes } from './service-times.ts'
import type { World } from './simulation.ts'

export interface WorldOptions {
  /** Factor by which requests are heavier than measured. @default 1 */
  readonly weight?: number
  /** Number of requests to simulate for each load of a process; fewer are faster and less precise. */
  readonly requests: number
  readonly seed?: number
  /** @default the times in service-times.json */
  readonly times?: ServiceTimes
  readonly stage?: StageConfig
  /** Whether the tunnel can be full; rules of the origins' group are compared without it. @default true */
  readonly hasTunnel?: boolean
}

/** Parts that all simulations of one kind share: the measured origin, and the users of infra's cost model. */
export function createWorld(options: WorldOptions): World {
  const { weight = 1, requests, seed = 1, stage = production, hasTunnel = true } = options
  const times = heavier(options.times ?? readServiceTimes(), weight)
  const poolSize = poolSizeFor(stage, deployedRules(stage))
  return {
    stage,
    times,
    responses: new ProcessResponses(times, poolSize, requests),
    thinkSeconds: 1 / defaultWorkload.requestsPerUserSecond,
    seed,
    hasTunnel,
  }
}
