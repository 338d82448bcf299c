import type { Sample } from '../ledger.ts'
import type { Simulation } from '../simulation.ts'
import { figure, type Line, type Look, type Panel } from './figure.ts'
import { linear, logarithmic } from './scale.ts'

/** One scenario under the rules of interest, with others beside them where they differ. */
export function scenarioFigure(
  ours: Simulation,
  others: readonly Simulation[],
  connectionBudget: number,
): string {
  const { scenario, samples } = ours
  const hours = scenario.seconds > 7_200
  const unit = hours ? 3_600 : 60
  const x = linear(scenario.seconds / unit, 6)
  const xLabel = (value: number) => `${value}${hours ? ' h' : ' min'}`
  const line = (name: string, look: Look, of: readonly Sample[], pick: (sample: Sample) => number): Line => ({
    name,
    look,
    points: of.map((sample) => [sample.at / unit, pick(sample)] as const),
  })
  const inSteps = (drawn: Line): Line => ({ ...drawn, steps: true })
  const most = (pick: (sample: Sample) => number, lists = [samples]) =>
    Math.max(...lists.flat().map((sample) => pick(sample) || 0))
  const panel = (title: string, y: Panel['y'], lines: readonly Line[], note?: string): Panel => ({
    title,
    x,
    xLabel,
    y,
    lines,
    ...(note !== undefined && { note }),
  })
  const all = [ours, ...others]
  const looks: readonly Look[] = ['blue', 'orange', 'green']
  return figure(scenario.title, [
    panel(
      'Users online',
      logarithmic(
        Math.max(100, Math.min(...samples.map(({ users }) => users))),
        most(({ users }) => users),
      ),
      [line('', 'blue', samples, ({ users }) => users)],
    ),
    panel('Requests a second', linear(most(({ perSecond }) => perSecond)), [
      line('asked of the edge', 'blue', samples, ({ perSecond }) => perSecond),
      line('sent to the origin', 'orange', samples, ({ originPerSecond }) => originPerSecond),
    ]),
    panel(
      'Instances in service',
      linear(
        most(
          ({ inService }) => inService,
          all.map((each) => [...each.samples]),
        ),
      ),
      all.map((each, index) =>
        inSteps(line(each.rules.name, looks[index] ?? 'grey', each.samples, ({ inService }) => inService)),
      ),
    ),
    panel('Latency of the origin’s answers, ms', logarithmic(10, 1_000), [
      line('p50', 'blue', samples, ({ p50Ms }) => p50Ms),
      line('p99', 'orange', samples, ({ p99Ms }) => p99Ms),
    ]),
    panel(
      'Not answered, % of those asked',
      linear(
        Math.max(
          1,
          most(({ lostPercent }) =>
            Math.max(lostPercent.critical, lostPercent.normal, lostPercent.background),
          ),
        ),
      ),
      [
        line('critical', 'blue', samples, ({ lostPercent }) => lostPercent.critical),
        line('normal', 'orange', samples, ({ lostPercent }) => lostPercent.normal),
        line('background', 'green', samples, ({ lostPercent }) => lostPercent.background),
      ],
    ),
    panel('Connections at the database, if every pool is full', linear(connectionBudget), [
      inSteps(line('open', 'blue', samples, ({ connections }) => connections)),
      line('budget', 'red-dashed', samples, () => connectionBudget),
    ]),
    panel(
      'Dollars an hour',
      linear(
        most(
          ({ dollarsPerHour }) => dollarsPerHour,
          all.map((each) => [...each.samples]),
        ),
      ),
      all.map((each, index) =>
        line(each.rules.name, looks[index] ?? 'grey', each.samples, ({ dollarsPerHour }) => dollarsPerHour),
      ),
    ),
  ])
}
