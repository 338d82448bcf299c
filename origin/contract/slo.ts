import { deadline } from './deadline.ts'
import { number as numeric, options } from './definition-options.ts'
import { type Priority, priorities } from './priority.ts'

/** Service level objective of the requests of one priority (Google, The Site Reliability Workbook, ch. 2). */
export interface Objective {
  /** Share of the requests that are to be answered with a status below 500. A refusal under overload is a 503. */
  readonly availability: number
  /** Share `p` of these answers that is to take at most `ms` milliseconds. */
  readonly latency: { readonly p: number; readonly ms: number }
}

/** Objectives as a team writes them. */
export interface SloDefinition extends Readonly<Partial<Record<Priority, Partial<Objective>>>> {
  /** Length of the period that the error budget is for, in days: 7 to 90. @default 30 */
  readonly days?: number
}

/** Objectives of an application. */
export interface Slo {
  readonly days: number
  readonly objectives: Readonly<Record<Priority, Objective>>
}

/** Objectives of an application that states none. Background requests are the first to be shed, by design. */
const defaults: Slo = {
  days: 30,
  objectives: {
    critical: { availability: 0.999, latency: { p: 0.99, ms: 500 } },
    normal: { availability: 0.995, latency: { p: 0.99, ms: 500 } },
    background: { availability: 0.95, latency: { p: 0.95, ms: deadline.budgetMs } },
  },
}

/** Share of the budget whose loss within an hour rings at once (The Site Reliability Workbook, table 5-6). */
export const urgentBudgetShare = 0.02

/** Burn rate at which {@link urgentBudgetShare} of the budget goes within an hour; 14.4 for 30 days. */
export const urgentBurn = (days: number): number => urgentBudgetShare * days * 24

/** @returns the objectives with their defaults */
export function sloOf(definition: SloDefinition = {}): Slo {
  const objectiveOf = (priority: Priority): Objective => ({
    ...defaults.objectives[priority],
    ...definition[priority],
  })
  return {
    days: definition.days ?? defaults.days,
    objectives: {
      critical: objectiveOf('critical'),
      normal: objectiveOf('normal'),
      background: objectiveOf('background'),
    },
  }
}

const objectiveOptions = options({
  availability: numeric,
  latency: options({ 'p!': numeric, 'ms!': numeric }),
})

/** Names and types of the option `slo`. */
export const sloOptions = options({
  days: numeric,
  critical: objectiveOptions,
  normal: objectiveOptions,
  background: objectiveOptions,
})

/** @returns objectives that contradict themselves, each with its fix */
export function* checkSlo(definition: SloDefinition): Generator<string> {
  const { days, objectives } = sloOf(definition)
  if (!Number.isInteger(days) || days < 7 || days > 90) {
    yield `slo.days ${days}: must be an integer from 7 to 90`
    return
  }
  // A total outage spends the budget 1 / (1 - share) times too fast: the urgent alarm must be able to ring.
  const shareMin = Math.ceil((1 - 0.9 / urgentBurn(days)) * 1e4) / 1e4
  for (const priority of priorities) {
    const { availability, latency } = objectives[priority]
    yield* checkShare(`slo.${priority}.availability`, availability, shareMin)
    yield* checkShare(`slo.${priority}.latency.p`, latency.p, shareMin)
    if (!Number.isInteger(latency.ms) || latency.ms < 1 || latency.ms > deadline.budgetMs) {
      yield `slo.${priority}.latency.ms ${latency.ms}: must be an integer from 1 to ${deadline.budgetMs}, after which a request has failed anyway`
    }
  }
  for (const [index, priority] of priorities.entries()) {
    const lower = priorities[index + 1]
    if (lower === undefined) continue
    const [above, below] = [objectives[priority].availability, objectives[lower].availability]
    if (below > above) {
      yield `slo.${lower}.availability ${below} is above that of ${priority}, ${above}: ${lower} requests are shed first, so promise less for them or more for ${priority}`
    }
  }
}

function* checkShare(place: string, share: number, min: number): Generator<string> {
  if (share >= 1) yield `${place} ${share}: leaves no budget for failures; use a share below 1, such as 0.999`
  else if (!(share >= min)) {
    yield `${place} ${share}: too low for its urgent alarm, which even an outage would not ring; use at least ${min}`
  }
}
