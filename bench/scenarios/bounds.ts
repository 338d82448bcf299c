import { checkTarget, remoteLimits } from '../load/target-guard.ts'
import { durationMs, rateCurve, type Scenario } from './scenario.ts'

export interface Bounds {
  readonly requestsPerSecondMax: number
  readonly durationMsMax: number
}

export interface TargetOptions {
  readonly iOwnThisTarget: boolean
  /** @default those of a target on another network, where a typing error must not take a system down */
  readonly bounds?: Partial<Bounds>
}

/**
 * Refuses a scenario against another machine that the caller does not claim as their own, or beyond the bounds of rate
 * and time.
 *
 * @throws Error that names the flag that would allow it
 */
export function checkLoad(scenario: Scenario, target: string, options: TargetOptions): void {
  checkTarget(target, options.iOwnThisTarget)
  const { requestsPerSecondMax, durationMsMax } = { ...remoteLimits, ...options.bounds }
  const perSecond = Math.max(...rateCurve(scenario).map(({ perSecond }) => perSecond))
  if (perSecond > requestsPerSecondMax) {
    const scale = Math.floor((requestsPerSecondMax / perSecond) * 1e4) / 1e4
    throw new Error(
      `${scenario.name} asks for ${Math.round(perSecond)} requests/s, and at most ${requestsPerSecondMax} are allowed: ` +
        `--scale ${scale} of it, or --rate-max ${Math.ceil(perSecond)}`,
    )
  }
  const lastsMs = durationMs(scenario)
  if (lastsMs > durationMsMax) {
    throw new Error(
      `${scenario.name} takes ${Math.round(lastsMs / 1000)} s, and at most ${durationMsMax / 1000} are allowed: ` +
        `--seconds ${durationMsMax / 1000}, or --seconds-max ${Math.ceil(lastsMs / 1000)}`,
    )
  }
}
