import { type Judged, lostPercent } from '../search.ts'
import { figure, type Look } from './figure.ts'
import { linear, logarithmic, short } from './scale.ts'

/** Per cent. */
const least = 0.1

const looks: readonly Look[] = ['red', 'orange', 'green']

/** Every candidate by its cost and lost requests, with the winner and others named. */
export function searchFigure(judged: readonly Judged[], marked: readonly Judged[]): string {
  const [winner] = judged
  const dollars = ({ trial }: Judged) => trial.totals.dollars
  // A logarithmic axis has no zero.
  const percent = (each: Judged) => Math.max(least, lostPercent(each))
  const costs = judged.map(dollars)
  const low = Math.min(...costs)
  const x = linear(Math.max(...costs) - low, 4)
  const dots = (of: readonly Judged[]) => of.map((each) => [dollars(each) - low, percent(each)] as const)
  return figure('Scaling rules: what a spike nine times worse than planned costs and loses', [
    {
      title: 'Not answered, %, over dollars for the 40 minutes',
      x,
      xLabel: (value) => `$${(low + value).toFixed(2)}`,
      y: logarithmic(least, 100),
      yLabel: (value) => (value === least ? '≤ 0.1' : short(value)),
      lines: [
        { name: 'all', look: 'grey', dots: true, points: dots(judged) },
        ...marked.map((each, index) => ({
          name: each.rules.name,
          // The cast is safe: the remainder is an index of the list.
          look: looks[index % looks.length] as Look,
          dots: true,
          points: dots([each]),
        })),
        { name: 'winner', look: 'blue', dots: true, points: dots(winner === undefined ? [] : [winner]) },
      ],
      note: 'Each dot is a set of rules. Down is better, left is cheaper. The winner loses least of those whose ordinary day, without a spike, costs at most 1 % more than the cheapest; what is deployed lies under it where it is the same.',
    },
  ])
}
