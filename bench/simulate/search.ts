import type { ScalingRules } from './group/scaling-rules.ts'
import { success } from './ledger.ts'
import type { Scenario } from './scenario.ts'
import { type Simulation, simulate, type World } from './simulation.ts'

/** Limits that rules must keep in the trial. Only then their cost counts. */
export const demands = { criticalShare: 0.999, longestMs: 1_000 } as const

/** Share by which a day may cost more than the cheapest one, in return for fewer losses in the trial. */
export const dearerBy = 0.01

export interface Judged {
  readonly rules: ScalingRules
  readonly trial: Simulation
  /** Limits of the trial that the rules exceeded. */
  readonly misses: readonly string[]
  /** Cost of a day under these rules, dollars; `undefined`: not simulated. */
  readonly dayDollars: number | undefined
}

export interface Trials {
  /** Trial: far more load than planned. */
  readonly trial: { readonly scenario: Scenario; readonly world: World }
  /** Day: ordinary load. */
  readonly day: { readonly scenario: Scenario; readonly world: World }
  /** Connections that the database leaves to origins. */
  readonly connectionsMax: number
}

/**
 * Chooses rules in two rounds. Every candidate goes through the trial, and those that exceed a limit are out. For each
 * kind of fleet (machine, minimum number, warm pool, which determine the cost of an ordinary day) the rules that lost
 * least go through the day. Among days that cost at most a hundredth more than the cheapest, the rules that lost least
 * in the trial win.
 *
 * @returns all, the winner first
 */
export function search(
  candidates: readonly ScalingRules[],
  trials: Trials,
  progress: (done: number) => void = () => {},
): readonly Judged[] {
  const judged = candidates.map((rules, index) => {
    progress(index)
    return judge(rules, trials)
  })
  const kept = judged.filter(({ misses }) => misses.length === 0).sort(byLoss)
  // The cast is safe: a group has a member.
  const best = [...Map.groupBy(kept, ({ rules }) => fleetOf(rules)).values()].map(
    ([first]) => first as Judged,
  )
  const priced = best.map((each) => price(each, trials))
  const cheapest = Math.min(...priced.map(({ dayDollars = 0 }) => dayDollars))
  const isCheap = ({ dayDollars = 0 }: Judged) => dayDollars <= cheapest * (1 + dearerBy)
  return [
    ...priced.filter(isCheap).sort(byLoss),
    ...priced.filter((each) => !isCheap(each)).sort(byLoss),
    ...kept.filter((each) => !best.includes(each)),
    ...judged.filter(({ misses }) => misses.length > 0).sort(byLoss),
  ]
}

/** Simulates the trial. */
export function judge(rules: ScalingRules, { trial, connectionsMax }: Trials): Judged {
  const run = simulate(trial.scenario, rules, trial.world)
  return { rules, trial: run, misses: missesOf(run, connectionsMax), dayDollars: undefined }
}

/** Simulates the day. */
export function price(judged: Judged, { day }: Trials): Judged {
  return { ...judged, dayDollars: simulate(day.scenario, judged.rules, day.world).totals.dollars }
}

/** Requests without an answer in the trial, per cent, rounded to a hundredth, below which differences are noise. */
export function lostPercent({ trial }: Judged): number {
  const { critical, normal, background } = trial.totals.outcomes
  const asked = critical.asked + normal.asked + background.asked
  const served = critical.served + normal.served + background.served
  return Math.round((1 - served / asked) * 10_000) / 100
}

function missesOf({ totals }: Simulation, connectionsMax: number): readonly string[] {
  const misses: string[] = []
  if (success(totals.outcomes.critical) < demands.criticalShare) misses.push('critical')
  if (totals.longestMs > demands.longestMs) misses.push('latency')
  if (totals.connectionsMax > connectionsMax) misses.push('connections')
  return misses
}

/** Orders by fewest exceeded limits, then by fewest losses, then by cost. */
const byLoss = (a: Judged, b: Judged): number =>
  a.misses.length - b.misses.length ||
  lostPercent(a) - lostPercent(b) ||
  (a.dayDollars ?? a.trial.totals.dollars) - (b.dayDollars ?? b.trial.totals.dollars)

const fleetOf = ({ instanceType, min, warm }: ScalingRules): string => `${instanceType} ${min} ${warm}`
