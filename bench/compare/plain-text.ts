import { figure, table } from '../measure/table.ts'
import type { BenchComparison } from './bench-comparison.ts'
import type { Comparison } from './compare.ts'

/** Comparison for a terminal: every figure, and the bars that flipped. */
export function plainTextOf({ before, after, bars, differences, figures }: BenchComparison): string {
  const [a, b] = [before, after].map(({ startedAt, versions }) => `${startedAt} (${versions.commit})`)
  const lines = [
    `${after.bench}: ${a} → ${b}`,
    ...differences.map((difference) => `  not the same: ${difference}`),
    '',
    table(['', 'unit', 'before', 'after', 'change', 'p', ''], figures.map(rowOf)),
  ]
  if (bars.length > 0) lines.push('')
  for (const { name, before: older, after: newer, change } of bars) {
    const [was, is] = [older, newer].map(({ measured, holds, limit }) => {
      return `${figure(measured ?? Number.NaN)} (${holds} ${limit})`
    })
    lines.push(`bar: ${name} ${was} → ${is} ${change}`)
  }
  return lines.join('\n')
}

export const rowOf = (of: Comparison): readonly string[] => [
  `${of.subject}, ${of.case}: ${of.metric}`,
  of.unit,
  figure(of.before),
  figure(of.after),
  changeOf(of),
  chanceOf(of),
  of.judgement,
]

/** E.g. `0.012`: three digits. */
const chanceOf = ({ p }: Comparison): string => (p < 0.001 ? '<0.001' : p.toFixed(3))

/** E.g. `+3.1 %`. */
const changeOf = ({ changePercent }: Comparison): string =>
  `${changePercent > 0 ? '+' : ''}${changePercent.toFixed(1)} %`
