import type { ScalingMetric, ScalingPolicy, ScalingRules } from './scaling-rules.ts'
import { takeStep } from './step-scaling.ts'
import { type GroupSize, trackTarget } from './target-tracking.ts'

/** Longest row of periods that an alarm looks at. */
const periodsMax = 30

export interface Group extends GroupSize {
  /** An instance is on its way or still warming up. */
  readonly growing: boolean
}

/**
 * The policies of a group together. Of several that want it to grow, and of several that want it to shrink, the one with
 * the larger result wins; growing wins over shrinking; nothing shrinks while an instance is on its way; and target
 * tracking shrinks only when every target tracking policy is ready to (User Guide, "Multiple scaling policies",
 * "Considerations"). An alarm that stays on acts again every minute.
 */
export class Scaler {
  readonly #rules: ScalingRules
  readonly #history = new Map<ScalingMetric, number[]>()

  constructor(rules: ScalingRules) {
    this.#rules = rules
  }

  /** A period's values have become known. */
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
