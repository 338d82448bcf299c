import type { Row } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { tiers } from '../simulate/saturation.ts'
import { type Compared, errorPercent } from './compare-case.ts'
import type { Limit } from './figures.ts'
import type { Line } from './line.ts'

/** Prints what the parts cost, and what was simulated beside what was measured. */
export function print(rows: readonly Row[], line: Line, compared: readonly Compared[]): void {
  const middle = ({ metrics }: Row, name: string) =>
    median((metrics[name]?.samples ?? []).filter((sample) => sample !== null))
  console.log(
    table(
      ['load', '', 'connector µs/request', 'connector %', 'all else %'],
      rows.map((row) => [
        row.case,
        row.subject,
        figure(middle(row, 'connectorUs')),
        figure(middle(row, 'connector') * 100),
        figure(middle(row, 'rest') * 100),
      ]),
    ),
  )
  console.log(`
CPU of the connector by the line through the low loads: ${(line.start * 100).toFixed(1)} % of a core, and ${Math.round(line.slope * 1e6)} µs a request.`)
  for (const { of, rounds } of compared) {
    const middleOf = (cost: 'connectorCpuUs' | 'originCpuUs') =>
      Math.round(median(rounds.map(({ costs }) => costs[cost])))
    console.log(
      `Costs behind "${of.name}": ${middleOf('connectorCpuUs')} µs a request, and ${middleOf('originCpuUs')} µs for all else.`,
    )
  }
  const percent = ({ busy }: Limit) => tiers.map((tier) => `${Math.round(busy[tier] * 100)}`)
  console.log(
    table(
      ['case', '', 'requests/s', 'full', ...tiers.map((tier) => `${tier} %`), 'error'],
      compared.flatMap((each) =>
        each.rounds.flatMap(({ measured, predicted }, round) => [
          [
            round === 0 ? each.of.name : '',
            'simulated',
            ...lineOf(predicted),
            ...percent(predicted),
            round === 0 ? `${errorPercent(each).toFixed(1)} %` : '',
          ],
          ['', 'measured', ...lineOf(measured), ...percent(measured)],
        ]),
      ),
    ),
  )
}

const lineOf = ({ perSecond, tier }: Limit): readonly string[] => [figure(perSecond), tier]
