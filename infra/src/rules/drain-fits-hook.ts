import type { IValidation } from 'constructs'

/** Each wait must end before the next one gives up on it. All in seconds. */
export interface DrainTimes {
  /** Longest drain of the origin. */
  readonly drain: number
  /** `TimeoutStopSec` of the origin's unit: after it systemd kills. */
  readonly unitStop: number
  /** How often the lifecycle unit looks for the group's decision. */
  readonly poll: number
  /** How long the balancer takes to let go of a target; the origin serves until then. */
  readonly leave: number
  /** Heartbeat of the group's terminate hook: after it the instance is taken away. */
  readonly hook: number
}

/** A drain that the unit or the group would cut short does not synthesize. */
export const drainFitsHook = (stage: string, times: DrainTimes): IValidation => ({
  validate: () => {
    const { drain, unitStop, poll, leave, hook } = times
    const mistakes: string[] = []
    if (unitStop <= drain) {
      mistakes.push(`${stage}: systemd kills the origin after ${unitStop} s, within its drain of ${drain} s`)
    }
    if (hook <= poll + leave + unitStop) {
      mistakes.push(
        `${stage}: the terminate hook gives ${hook} s, less than noticing (${poll} s), leaving the balancer (${leave} s) and stopping (${unitStop} s)`,
      )
    }
    return mistakes
  },
})
