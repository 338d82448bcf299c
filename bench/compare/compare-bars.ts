import type { Result } from '../measure/result.ts'

type BarResult = Result['bars'][number]

/**
 * - `now fails`, `now holds`: the bar flipped.
 * - `fails`: it fails in both.
 */
export type BarChange = 'now fails' | 'now holds' | 'fails'

export interface BarComparison {
  readonly name: string
  readonly before: BarResult
  readonly after: BarResult
  readonly change: BarChange
}

/**
 * Bars of both results that flipped or that fail in both. Each counts with the limit that its own result was measured
 * against. Bars with one name, such as one line for each parser, are paired in order.
 */
export function compareBars(before: Result, after: Result): readonly BarComparison[] {
  const seen = new Map<string, number>()
  return after.bars.flatMap((bar): BarComparison[] => {
    const nth = seen.get(bar.name) ?? 0
    seen.set(bar.name, nth + 1)
    const older = before.bars.filter(({ name }) => name === bar.name)[nth]
    if (older === undefined || (older.pass && bar.pass)) return []
    const change = bar.pass ? 'now holds' : older.pass ? 'now fails' : 'fails'
    return [{ name: bar.name, before: older, after: bar, change }]
  })
}
