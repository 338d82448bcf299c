import type { ScalingRules } from './group/scaling-rules.ts'
import { success } from './ledger.ts'
import type { Scenario } from './scenario.ts'
import { type Simulation, simulate, type World } from './simulation.ts'

/** What rules must do before their price is looked at. */
export const demands = { critical: 0.999, normal: 0.999, background: 0.95, longestMs: 1_000 } as const

export interface Judged {
  readonly rules: ScalingRules
  /** The hardest trial: the spike with heavier requests. */
  readonly trial: Simulation
  /** Shares of the trial that the rules have to keep, and do not. */
  readonly misses: readonly string[]
  /** A day under them, dollars; `undefined`: not looked at. */
  readonly dayDollars: number | undefined
}

export interface Trials {
  /** The spike, in a world where each request is heavier than measured. */
  readonly trial: { readonly scenario: Scenario; readonly world: World }
  /** The day, in the world as measured. */
  readonly day: { readonly scenario: Scenario; readonly world: World }
  /** Connections that the database leaves to origins. */
  readonly connectionsMax: number
}

/** What a calm night may cost above the cheapest day. */
const dearerBy = 0.01

/**
 * Chooses rules in two rounds. First every candidate goes through the trial, and those that lose what they must keep
 * are out. Of the rest, those whose trial cost least go through the day. Among the days that cost at most a hundredth
 * more than the cheapest, the rules win that lost the least in the trial: a hundredth of the bill is well spent on that,
 * and the cheapest of all stands on the edge of what is demanded.
 */
export function search(
  candidates: readonly ScalingRules[],
  { trial, day, connectionsMax }: Trials,
  finalists: number,
  progress: (done: number) => void = () => {},
): readonly Judged[] {
  const judged = candidates.map((rules, index): Judged => {
    progress(index)
    const run = simulate(trial.scenario, rules, trial.world)
    return { rules, trial: run, misses: missesOf(run, connectionsMax), dayDollars: undefined }
  })
  const kept = judged.filter(({ misses }) => misses.length === 0).sort(byTrial)
  const last = kept.slice(0, finalists).map((each): Judged => {
    const { totals } = simulate(day.scenario, each.rules, day.world)
    return { ...each, dayDollars: totals.dollars }
  })
  const cheapest = Math.min(...last.map(({ dayDollars = 0 }) => dayDollars))
  const isCheap = ({ dayDollars = 0 }: Judged) => dayDollars <= cheapest * (1 + dearerBy)
  const order = (a: Judged, b: Judged) => lost(a) - lost(b) || (a.dayDollars ?? 0) - (b.dayDollars ?? 0)
  return [
    ...last.filter(isCheap).sort(order),
    ...last.filter((each) => !isCheap(each)).sort(order),
    ...kept.slice(finalists),
    ...judged.filter(({ misses }) => misses.length > 0).sort(byTrial),
  ]
}

/** Requests that got no answer in the trial, in tenths of a per mille: finer is noise. */
export const lost = ({ trial }: Judged): number => {
  const { critical, normal, background } = trial.totals.outcomes
  const asked = critical.asked + normal.asked + background.asked
  return Math.round((1 - (critical.served + normal.served + background.served) / asked) * 10_000)
}

export function missesOf({ totals }: Simulation, connectionsMax: number): readonly string[] {
  const { outcomes, longestMs, connectionsMax: connections } = totals
  const misses: string[] = []
  for (const priority of ['critical', 'normal', 'background'] as const) {
    if (success(outcomes[priority]) < demands[priority]) misses.push(priority)
  }
  if (longestMs > demands.longestMs) misses.push('latency')
  if (connections > connectionsMax) misses.push('connections')
  return misses
}

/** Fewest misses, then the least money, then the fewest lost. */
const byTrial = (a: Judged, b: Judged): number =>
  a.misses.length - b.misses.length ||
  a.trial.totals.dollars - b.trial.totals.dollars ||
  b.trial.totals.outcomes.background.served - a.trial.totals.outcomes.background.served
