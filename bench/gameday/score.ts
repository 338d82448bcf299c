import type { Measured } from '@spillway/infra/local/bar'
import type { Priority } from '@spillway/origin/contract'
import { bars } from '../bars.ts'
import type { Exchange, ResourceName } from '../faults/exchange.ts'
import type { Violation } from '../faults/violation.ts'
import { prevailing } from './diagnoses.ts'
import type { Performance } from './perform.ts'

/** Requests that were not served, by priority. */
export interface Unserved {
  /** 429 or 503: the answer says that nothing was done. */
  readonly refused: number
  /** Any other error of the stack, or no answer. */
  readonly failed: number
}

export function unserved(
  exchanges: readonly Exchange[],
  priorityOf: (resource: ResourceName) => Priority,
): ReadonlyMap<Priority, Unserved> {
  const counts = new Map<Priority, Unserved>()
  for (const { answer, resource } of exchanges) {
    const isRefused = answer?.status === 429 || answer?.status === 503
    const isFailed = !isRefused && (answer === undefined || answer.status >= 500)
    const priority = priorityOf(resource)
    const { refused, failed } = counts.get(priority) ?? { refused: 0, failed: 0 }
    counts.set(priority, { refused: refused + Number(isRefused), failed: failed + Number(isFailed) })
  }
  return counts
}

/** Answers that were not true. One of 500 is a failure: it says what happened, and counts as not served. */
export const untrueAnswers = ({ violations }: Performance): readonly Violation[] =>
  violations.filter(({ exchanges }) => !exchanges.every(({ answer }) => answer?.code === 'internal-error'))

export const lostWrites = ({ violations }: Performance): number =>
  violations.filter(({ kind }) => kind === 'lost').length

/** Seconds until the expected cause was named first; `undefined` if it never was. */
export function namedAfterSeconds({ incident, diagnoses, fromMs }: Performance): number | undefined {
  const named = diagnoses.find(({ cause }) => incident.causes.includes(cause))
  return named === undefined ? undefined : (named.atMs - fromMs) / 1_000
}

/** Whether `npm run why` named the expected cause, and no other one more often. */
export const isNamed = ({ incident, diagnoses }: Performance): boolean =>
  incident.causes.includes(prevailing(diagnoses))

const isRestored = ({ incident, rtoMs }: Performance): boolean =>
  rtoMs !== undefined && rtoMs <= 1_000 * incident.rtoSecondsMax

/** The bars of a game day. */
export function measure(performances: readonly Performance[]): readonly Measured[] {
  const count = (holds: (performance: Performance) => boolean) => performances.filter(holds).length
  const sum = (of: (performance: Performance) => number) =>
    performances.reduce((total, performance) => total + of(performance), 0)
  return [
    { bar: bars.gamedayLost, value: sum(lostWrites) },
    { bar: bars.gamedayUntrue, value: sum((each) => untrueAnswers(each).length) - sum(lostWrites) },
    { bar: bars.gamedayLate, value: count((performance) => !isRestored(performance)) },
    { bar: bars.gamedayUnnamed, value: count((performance) => !isNamed(performance)) },
  ]
}
