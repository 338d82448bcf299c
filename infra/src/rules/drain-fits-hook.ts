import type { IValidation } from 'constructs'

/** Each wait must end before the next one gives up on it. All in seconds. */
export interface DrainTimes {
  /** Longest drain of the origin. */
  readonly drain: number
  /** `TimeoutStopSec` of the origin's unit: after it systemd kills. */
  readonly unitStop: number
  /** How often the lifecycle unit looks for the group's decision. */
  readonly poll: number
  /** Heartbeat of the group's terminate hook: after it the instance is taken away. */
  readonly hook: number
}

/** A drain that the unit or the group would cut short does not synthesize. */
export const drainFitsHook = (stage: string, times: DrainTimes): IValidation => ({
  validate: () => {
    const { drain, unitStop, poll, hook } = times
    const mistakes: string[] = []
    if (unitStop <= drain) {
      mistakes.push(`${stage}: systemd kills the origin after ${unitStop} s, within its drain of ${drain} s`)
    }
    if (hook <= unitStop + poll) {
      mistakes.push(
        `${stage}: the terminate hook gives ${hook} s, less than noticing (${poll} s) and stopping (${unitStop} s)`,
      )
    }
    return mistakes
  },
})
