import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { Machine, Versions } from './machine.ts'

/** One metric of one subject in one case: every sample, so that a later comparison can tell noise from change. */
const Metric = Type.Object({
  unit: Type.String(),
  better: Type.Enum(['lower', 'higher']),
  samples: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
    description: 'One a repetition, in order; null where it failed.',
  }),
})
export type Metric = Static<typeof Metric>

const Row = Type.Object({
  case: Type.String({ description: 'What was asked, e.g. `read by id`.' }),
  subject: Type.String({ description: 'Who answered.' }),
  metrics: Type.Record(Type.String(), Metric),
  notes: Type.Optional(Type.Array(Type.String())),
})
export type Row = Static<typeof Row>

const Series = Type.Object({
  name: Type.String(),
  unit: Type.String(),
  points: Type.Array(Type.Tuple([Type.Number(), Type.Number()]), {
    description: 'Seconds since the start, and the value then.',
  }),
})
export type Series = Static<typeof Series>

const BarResult = Type.Object({
  name: Type.String(),
  measured: Type.Union([Type.Number(), Type.Null()]),
  holds: Type.Enum(['>=', '<=']),
  limit: Type.Number(),
  pass: Type.Boolean(),
  floor: Type.Optional(
    Type.Union([Type.Number(), Type.Null()], {
      description: 'The same figure of a program that does only what is unavoidable.',
    }),
  ),
})

/** Result file of a measuring command. */
export const Result = Type.Object({
  format: Type.Literal('spillway-bench-1'),
  bench: Type.String(),
  command: Type.String(),
  startedAt: Type.String({ format: 'date-time' }),
  seconds: Type.Number({ description: 'How long the whole run took.' }),
  quick: Type.Boolean({ description: 'Fewer repetitions than the figures that we publish.' }),
  machine: Machine,
  versions: Versions,
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  rows: Type.Array(Row),
  series: Type.Array(Series),
  bars: Type.Array(BarResult),
})
export type Result = Static<typeof Result>

/** A missing measurement is `null`, since JSON has no NaN. */
export const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** @throws Error that names the first place that does not fit the schema */
export function checkResult(value: unknown): Result {
  if (Value.Check(Result, value)) return value
  const [first] = Value.Errors(Result, value)
  throw new Error(`not a result: ${first?.instancePath ?? '/'} ${first?.message ?? ''}`)
}

/** Points of a series that a figure shows. */
const pointsMax = 120

/** The result for version control: without raw samples of its series. Each point stands for several, by their mean. */
export const summaryOf = (result: Result): Result => ({
  ...result,
  series: result.series.map((series) => ({ ...series, points: thinned(series.points) })),
})

function thinned(points: Series['points']): Series['points'] {
  const size = Math.ceil(points.length / pointsMax)
  if (size <= 1) return points
  const mean = (part: Series['points'], index: 0 | 1) =>
    Number((part.reduce((sum, point) => sum + point[index], 0) / part.length).toFixed(2))
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const part = points.slice(i * size, (i + 1) * size)
    return [mean(part, 0), mean(part, 1)]
  })
}

export async function writeResult(file: string, result: Result): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, textOf(checkResult(result)))
}

/** JSON with each list of numbers or pairs on one line, so that a new run changes few lines. */
function textOf(result: Result): string {
  const inOneLine = (_: string, inner: string) => `[${inner.trim().split(/,\s+/).join(', ')}]`
  const indented = JSON.stringify(result, null, 2)
  const pairs = indented.replace(/\[\s+([^[\]{}"]*)\]/g, inOneLine)
  return `${pairs.replace(/\[\s+(\[[^{}"]*\])\s+\](?=\s+[}\]])/g, inOneLine)}\n`
}

export const readResult = async (file: string): Promise<Result> =>
  checkResult(JSON.parse(await readFile(file, 'utf8')))
