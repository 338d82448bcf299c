import type { Result } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'
import { figure } from '../simulate/chart/figure.ts'
import { linear, logarithmic } from '../simulate/chart/scale.ts'
import { samplesOf } from './figures-of.ts'

/** Goodput and latency by offered load, in multiples of the capacity. */
export function overloadFigure(result: Result): string {
  const of = (metric: string): readonly (readonly [number, number])[] =>
    result.rows.flatMap((row) => {
      const samples = samplesOf(row, metric)
      const level = Number.parseFloat(row.case)
      return samples.length === 0 || !Number.isFinite(level) ? [] : [[level, median(samples)] as const]
    })
  const [goodput, asked, p99] = [of('goodput'), of('asked'), of('p99')]
  const most = (points: readonly (readonly [number, number])[]) =>
    Math.max(1, ...points.map(([, value]) => value).filter(Number.isFinite))
  const x = linear(Math.max(1, ...goodput.map(([level]) => level)), 5)
  const xLabel = (level: number) => `${level}×`
  return figure('Goodput under overload: the origin alone', [
    {
      title: 'Requests a second',
      x,
      xLabel,
      y: linear(most(asked)),
      lines: [
        { name: 'asked', look: 'grey-dashed', points: asked },
        { name: 'answered well in time', look: 'blue', points: goodput },
      ],
    },
    {
      title: 'p99 of what was admitted, ms',
      x,
      xLabel,
      y: logarithmic(1, most(p99)),
      lines: [{ name: '', look: 'blue', points: p99 }],
      note: 'Offered load in multiples of what the origin can carry; open loop.',
    },
  ])
}
