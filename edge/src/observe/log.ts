import type { Config } from '../config.ts'
import { LineBudget } from './line-budget.ts'
import type { AnswerObservation, Observation, Observe } from './observation.ts'

/** Observations → JSON lines with a level. Thins out floods of one kind and drops repeats of a logged answer. */
export function logObserver(
  level: Config['log'],
  now: () => number,
  write: (line: string) => void = (line) => console.log(line),
): Observe {
  const budgets = new Map<string, LineBudget>()
  const budgetOf = (observation: Observation): LineBudget => {
    const name = nameOf(observation)
    const known = budgets.get(name)
    if (known !== undefined) return known
    const budget = new LineBudget({ perSecond: 10, burst: 50 })
    budgets.set(name, budget)
    return budget
  }
  return (observation, nowMs = now(), repeats = 0) => {
    if (level !== 'all' && isOrdinary(observation)) return
    const budget = budgetOf(observation)
    if (repeats > 0) return budget.leaveOut(repeats)
    const suppressed = budget.take(nowMs)
    if (suppressed === undefined) return
    write(
      JSON.stringify({ level: levelOf(observation), ...observation, ...(suppressed > 0 && { suppressed }) }),
    )
  }
}

/** Routine events and answers: served, or refused for a common reason that is the caller's own. */
function isOrdinary(observation: Observation): boolean {
  if (observation.kind === 'fault') return false
  return observation.kind !== 'answer' || (observation.status < 400 && observation.reason === undefined)
}

/** Name of the kind of line, for its budget. */
function nameOf(observation: Observation): string {
  if (observation.kind === 'fault') return `fault ${observation.what}`
  return observation.kind === 'answer' ? (observation.reason ?? statusClass(observation)) : observation.kind
}

const statusClass = ({ status }: AnswerObservation): string => `${Math.floor(status / 100)}xx`

function levelOf(observation: Observation): 'info' | 'warn' | 'error' {
  if (observation.kind === 'fault') return 'error'
  if (observation.kind !== 'answer') return 'info'
  if (observation.status >= 500) return 'error'
  return observation.status >= 400 ? 'warn' : 'info'
}
