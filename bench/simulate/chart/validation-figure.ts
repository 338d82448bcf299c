import type { Comparison } from '../validation.ts'
import { figure, type Panel } from './figure.ts'
import { linear } from './scale.ts'

/** Measured and simulated levels of overload over each other. */
export function validationFigure(comparisons: readonly Comparison[]): string {
  const levels = comparisons.map(({ level }) => Math.log2(Number.parseFloat(level.name)) + 1)
  const names = new Map(levels.map((at, index) => [at, comparisons[index]?.level.name ?? '']))
  const most = Math.max(1, ...levels)
  const panel = (
    title: string,
    measured: (each: Comparison) => number,
    simulated: (each: Comparison) => number,
  ): Panel => ({
    title,
    x: { position: (value) => value / most, ticks: levels },
    xLabel: (value) => names.get(value) ?? '',
    y: linear(
      Math.max(...comparisons.flatMap((each) => [measured(each), simulated(each)]).filter(Number.isFinite)),
    ),
    lines: [
      {
        name: 'measured',
        look: 'orange',
        points: comparisons.map((each, index) => [levels[index] ?? 0, measured(each)]),
      },
      {
        name: 'simulated',
        look: 'blue',
        points: comparisons.map((each, index) => [levels[index] ?? 0, simulated(each)]),
      },
    ],
  })
  return figure('One process under overload: simulated over measured', [
    panel(
      'Answered in time, requests/s, by load over capacity',
      ({ level }) => level.goodput,
      ({ simulated }) => simulated.goodput,
    ),
    panel(
      'p99 of the admitted, ms',
      ({ level }) => level.p99Ms,
      ({ simulated }) => simulated.p99Ms,
    ),
  ])
}
