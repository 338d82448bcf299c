import type { Row } from '../measure/result.ts'
import { median } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { tiers } from '../simulate/saturation.ts'
import { type Compared, errorPercent, type Known } from './compare-case.ts'
import type { Limit } from './figures.ts'
import type { Line } from './line.ts'

/** Prints what the parts cost, and what was simulated beside what was measured. */
export function print(rows: readonly Row[], line: Line, known: Known, compared: readonly Compared[]): void {
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
  const { connectorCpuUs, originCpuUs } = known
  console.log(`
CPU of the connector by the line through the low loads: ${(line.start * 100).toFixed(1)} % of a core, and ${Math.round(line.slope * 1e6)} µs a request.
At full load: ${Math.round(connectorCpuUs)} µs a request, and ${Math.round(originCpuUs)} µs for all else. Percent of the core that each has.
`)
  const percent = ({ busy }: Limit) => tiers.map((tier) => `${Math.round(busy[tier] * 100)}`)
  console.log(
    table(
      ['case', '', 'requests/s', 'full', ...tiers.map((tier) => `${tier} %`), 'error'],
      compared.flatMap((each) => [
        [
          each.of.name,
          'simulated',
          ...lineOf(each.predicted),
          ...percent(each.predicted),
          `${errorPercent(each).toFixed(1)} %`,
        ],
        ...each.measured.map((limit) => ['', 'measured', ...lineOf(limit), ...percent(limit)]),
      ]),
    ),
  )
}

const lineOf = ({ perSecond, tier }: Limit): readonly string[] => [figure(perSecond), tier]
