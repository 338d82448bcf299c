import type { Result, Series } from '../measure/result.ts'
import { figure, type Line, type Look, type Panel } from '../simulate/chart/figure.ts'
import { linear, logarithmic, type Scale } from '../simulate/chart/scale.ts'

/** Styles of the designs' lines, in the order of the story. */
const looks: readonly Look[] = ['orange', 'grey', 'green', 'blue']

const short = ['in a VPC', 'today', 'Fastify', 'Spillway']

/** Users against latency, errors, goodput and connections over time: the charts of the story. */
export function storyFigure(result: Result): string {
  const subjects = result.rows.map(({ subject }) => subject)
  const seriesOf = (what: string): readonly (Series | undefined)[] =>
    subjects.map((subject) => result.series.find(({ name }) => name === `${subject}: ${what}`))
  const users = result.series.find(({ name }) => name === 'users')
  const seconds = users?.points.at(-1)?.[0] ?? Number(result.settings.seconds)
  const x: Scale = linear(seconds, 4)
  const panel = (title: string, what: string, y: (max: number) => Scale, note?: string): Panel => {
    const found = seriesOf(what)
    const values = found.flatMap((series) => series?.points.map(([, value]) => value) ?? [])
    return {
      title,
      x,
      xLabel: (second) => `${second} s`,
      y: y(Math.max(1e-9, ...values)),
      lines: found.flatMap((series, i) => lineOf(series, seconds, short[i] ?? '', looks[i] ?? 'grey')),
      ...(note !== undefined && { note }),
    }
  }
  const usersPanel: Panel = {
    title: 'Users online (at full size)',
    x,
    xLabel: (second) => `${second} s`,
    y: linear(Number(result.settings.usersMax ?? 100_000)),
    lines: lineOf(users, seconds, '', 'grey'),
  }
  return figure('1,000 → 100,000 users: three designs', [
    usersPanel,
    panel('p99 of the answers of each second, ms (logarithmic)', 'p99 of answers', (max) =>
      logarithmic(1, Math.max(10, max)),
    ),
    panel('Errors, % of what was asked', 'errors', () => linear(100)),
    panel('Useful answers a second', 'goodput', (max) => linear(max)),
    panel('Database connections', 'connections', (max) => linear(max)),
  ])
}

/** Requests are shown by their planned start; later readings are left out. */
const lineOf = (series: Series | undefined, seconds: number, name: string, look: Look): readonly Line[] =>
  series === undefined ? [] : [{ name, look, points: series.points.filter(([at]) => at <= seconds) }]
