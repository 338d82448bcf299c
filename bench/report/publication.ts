import { dirtyMark, noCheckout } from '../measure/commit.ts'
import type { Result } from '../measure/result.ts'

/** Source of all results of a page. */
export interface Publication {
  /** Each commit that was measured. */
  readonly commits: readonly string[]
  /** Day of the first run and of the last one, e.g. `2026-11-30`. */
  readonly days: readonly string[]
  /** Reasons against publishing the page: its figures do not describe one state of the code on one machine. */
  readonly objections: readonly string[]
}

/** Says of which commit and days results are, and what speaks against one page of them. */
export function publicationOf(results: readonly Result[]): Publication {
  const commitOf = ({ versions }: Result): string => versions.commit ?? noCheckout
  const benchesOf = (isOne: (result: Result) => boolean): string =>
    results
      .filter(isOne)
      .map(({ bench }) => bench)
      .join(', ')
  const commits = [...new Set(results.map(commitOf))]
  const machines = [...new Set(results.map(({ machine }) => JSON.stringify(machine)))]
  const objections: string[] = []
  if (commits.length > 1) {
    const each = commits.map((commit) => `${commit} (${benchesOf((result) => commitOf(result) === commit)})`)
    objections.push(`The results are of ${commits.length} commits: ${each.join('; ')}.`)
  }
  const isLost = (commit: string) => commit === noCheckout || commit.endsWith(dirtyMark)
  if (commits.some(isLost)) {
    const lost = benchesOf((result) => isLost(commitOf(result)))
    objections.push(`Measured with changes that are in no commit: ${lost}.`)
  }
  if (machines.length > 1) objections.push(`The results are of ${machines.length} machines.`)
  const quick = benchesOf((result) => result.quick)
  if (quick !== '') objections.push(`Quick runs, with fewer and shorter repetitions: ${quick}.`)
  const days = [...new Set(results.map(({ startedAt }) => startedAt.slice(0, 10)))].toSorted()
  return { commits, days: days.length > 2 ? [days[0], days.at(-1)].filter((day) => day !== undefined) : days, objections }
}
