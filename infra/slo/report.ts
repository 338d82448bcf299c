import type { Slo } from '@spillway/origin/contract'
import type { Budget } from './budget.ts'

/** Budgets of one tier, and the time that its counts reach back. */
export interface TierBudgets {
  readonly tier: string
  readonly budgets: readonly Budget[]
  /** Start of the oldest counts, in ms since the epoch; `undefined` if there are none. */
  readonly sinceMs: number | undefined
}

/** The error budgets as text, a line each. */
export function reportOf(tiers: readonly TierBudgets[], { days }: Slo, nowMs: number): string {
  return tiers
    .map(({ tier, budgets, sinceMs }) => {
      if (sinceMs === undefined) return `${tier}: no answers are counted`
      const seen = spanOf(sinceMs, days, nowMs)
      return [`${tier}: period of ${days} days, counts of the last ${seen}`, ...budgets.map(lineOf)].join(
        '\n',
      )
    })
    .join('\n\n')
}

/** Objective of a budget, e.g. `99.9 % answered`. */
export const promiseOf = ({ target, withinMs }: Budget): string =>
  `${percent(target)} ${withinMs === undefined ? 'answered' : `within ${withinMs} ms`}`

function lineOf(budget: Budget): string {
  const { priority, all, bad, left, burn, rings } = budget
  const was = all === 0 ? 'none were asked' : `${bad} of ${all} were not`
  const rest = left < 0 ? `budget overspent by ${percent(-left)}` : `${percent(left)} of the budget left`
  const alarm = rings === undefined ? '' : `  << ${rings.severity}: burns too fast (${rings.name})`
  return `  ${priority.padEnd(10)} ${promiseOf(budget).padEnd(22)} ${was}; ${rest}; burn ${burn.toFixed(1)}${alarm}`
}

const percent = (share: number): string => `${Number((share * 100).toFixed(3))} %`

/** Time that counts reach back, within a period of so many days. */
export function spanOf(sinceMs: number, days: number, nowMs: number): string {
  const ms = Math.min(nowMs - sinceMs, days * 86_400_000)
  const minutes = Math.ceil(ms / 60_000)
  if (minutes < 120) return `${minutes} min`
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`
}
