import type { Result } from '../measure/result.ts'
import { figure } from '../measure/table.ts'
import type { BenchComparison } from './bench-comparison.ts'
import type { Comparison } from './compare.ts'
import type { BarComparison } from './compare-bars.ts'
import { rowOf } from './plain-text.ts'

/** GitHub Flavored Markdown for a pull request: for each bench its bars that flipped and its figures that changed. */
export function markdownOf(all: readonly BenchComparison[]): string {
  // In a pull request, most results are those of the base.
  const benches = all.filter(({ before, after }) => before.startedAt !== after.startedAt)
  if (benches.length === 0) return '### Benches\n\nNo bench was run again: all results are the same.\n'
  const figures = benches.flatMap((bench) => bench.figures)
  const bars = benches.flatMap((bench) => bench.bars)
  const count = (judgement: Comparison['judgement']) =>
    figures.filter((each) => each.judgement === judgement).length
  const flipped = (change: BarComparison['change']) => bars.filter((bar) => bar.change === change).length
  return [
    '### Benches, before and after',
    `Figures: **${count('worse')} worse, ${count('better')} better**, ${count('unclear')} unclear, ${count('same')} the same. Bars: **${flipped('now fails')} now fail**, ${flipped('now holds')} now hold, ${flipped('fails')} fail in both.`,
    ...benches.flatMap(sectionOf),
    'p: probability of such a distance by chance alone. better, worse: a change of at least 3 % that is certain over all figures of its bench. unclear: apart, but too few repetitions to be sure.',
    '',
  ].join('\n\n')
}

function sectionOf({ before, after, differences, figures, bars }: BenchComparison): readonly string[] {
  const changed = figures.filter(({ judgement }) => judgement !== 'same')
  const parts = [`#### ${after.bench}: ${sourceOf(before)} → ${sourceOf(after)}`]
  if (differences.length > 0)
    parts.push(differences.map((each) => `> Not the same: ${escapeCell(each)}`).join('\n>\n'))
  if (bars.length > 0) parts.push(table(['bar', 'before', 'after', 'limit', ''], bars.map(barRow)))
  if (changed.length > 0) {
    parts.push(table(['figure', 'unit', 'before', 'after', 'change', 'p', ''], changed.map(figureRow)))
  }
  if (bars.length + changed.length === 0) parts.push('No change.')
  return parts
}

const sourceOf = ({ versions, startedAt }: Result): string =>
  `\`${versions.commit ?? 'no commit'}\` of ${startedAt.slice(0, 10)}`

function barRow({ name, before, after, change }: BarComparison): readonly string[] {
  const limit = `${after.holds} ${after.limit}`
  return [
    name,
    figure(before.measured ?? Number.NaN),
    figure(after.measured ?? Number.NaN),
    before.limit === after.limit ? limit : `${limit} (was ${before.limit})`,
    change === 'now holds' ? change : `**${change}**`,
  ]
}

function figureRow(of: Comparison): readonly string[] {
  const { judgement } = of
  return [...rowOf(of).slice(0, -1), judgement === 'worse' ? `**${judgement}**` : judgement]
}

/** Table whose first and last column are text, and whose others are figures. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`
  const rule = head.map((_, i) => (i === 0 || i === head.length - 1 ? '---' : '--:'))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** A bar would end the cell, and a line break the table (GitHub Flavored Markdown, 4.10). */
const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
