import type { ScalingMetric, ScalingPolicy, ScalingRules } from './scaling-rules.ts'
import { takeStep } from './step-scaling.ts'
import { type GroupSize, trackTarget } from './target-tracking.ts'

/** Maximum number of periods that an alarm evaluates. */
const periodsMax = 30

export interface Group extends GroupSize {
  /** Whether an instance is starting or warming up. */
  readonly growing: boolean
}

/**
 * All policies of a group. If several want it to grow, or several want it to shrink, the one with the larger result
 * wins. Growing wins over shrinking, nothing shrinks while an instance is starting, and target tracking shrinks only
 * when every target tracking policy would (User Guide, "Multiple scaling policies", "Considerations"). An alarm that
 * stays on acts again every minute.
 */
export class Scaler {
  readonly #rules: ScalingRules
  readonly #history = new Map<ScalingMetric, number[]>()

  constructor(rules: ScalingRules) {
    this.#rules = rules
  }

  /** Takes the published values of a period. */
  observe(values: Readonly<Record<ScalingMetric, number>>): void {
    for (const { metric } of this.#rules.policies) this.#history.set(metric, this.#history.get(metric) ?? [])
    for (const [metric, history] of this.#history) {
      history.push(values[metric])
      if (history.length > periodsMax) history.shift()
    }
  }

  /** The size that the group should have now. */
  decide(group: Group): number {
    const { min, max, policies } = this.#rules
    const wishes = policies.map((policy) => ({ policy, wish: this.#wish(policy, group) }))
    const grow = wishes.map(({ wish }) => wish ?? 0).filter((wish) => wish > group.desired)
    if (grow.length > 0) return Math.min(max, Math.max(min, ...grow))
    const shrink = wishes.filter(({ wish }) => wish !== undefined && wish < group.desired)
    const trackers = policies.filter(({ kind }) => kind === 'target').length
    const ready = shrink.filter(({ policy }) => policy.kind === 'target').length
    const sizes = shrink
      .filter(({ policy }) => policy.kind === 'step' || ready === trackers)
      .map(({ wish }) => wish ?? group.desired)
    if (group.growing || sizes.length === 0) return group.desired
    return Math.min(max, Math.max(min, ...sizes))
  }

  #wish(policy: ScalingPolicy, group: Group): number | undefined {
    const values = this.#history.get(policy.metric) ?? []
    return policy.kind === 'target' ? trackTarget(policy, values, group) : takeStep(policy, values, group)
  }
}
