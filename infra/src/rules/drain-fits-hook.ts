import type { IValidation } from 'constructs'

/** Each timeout must exceed the wait that it guards. All in seconds. */
export interface DrainTimes {
  /** Longest drain of the origin. */
  readonly drain: number
  /** `TimeoutStopSec` of the origin's unit: systemd kills it after that. */
  readonly unitStop: number
  /** Poll interval of the lifecycle unit. */
  readonly poll: number
  /** Time that the balancer takes to deregister a target; the origin serves until then. */
  readonly leave: number
  /** Heartbeat of the group's terminate hook: the instance is terminated after it. */
  readonly hook: number
}

/** Fails the synthesis if the unit or the group would cut a drain short. */
export const drainFitsHook = (stage: string, times: DrainTimes): IValidation => ({
  validate: () => {
    const { drain, unitStop, poll, leave, hook } = times
    const mistakes: string[] = []
    if (unitStop <= drain) {
      mistakes.push(
        `${stage}: systemd kills the origin after ${unitStop} s, before its drain of ${drain} s ends`,
      )
    }
    if (hook <= poll + leave + unitStop) {
      mistakes.push(
        `${stage}: the terminate hook gives ${hook} s, less than noticing (${poll} s), leaving the balancer (${leave} s) and stopping (${unitStop} s)`,
      )
    }
    return mistakes
  },
})
