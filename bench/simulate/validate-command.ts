import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { reportBars } from '@spillway/infra/local/bar'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { bars } from '../bars.ts'
import { readResult } from '../measure/result.ts'
import { figure, table } from '../measure/table.ts'
import { validationFigure } from './chart/validation-figure.ts'
import { publishedTimes } from './measured-times.ts'
import { compare, readOverload, worst } from './validation.ts'

/**
 * `npm run simulate -- validate [-- --quick] [-- --file FILE]`: compares simulated overload with the results of `bench
 * -- overload`.
 */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, file: { type: 'string' } },
})
const published = join(root, 'bench/results/overload.json')
const ownQuick = join(localFolder, 'results/overload.json')
// Prefers a run on this machine, even a quick one, to the published result.
const file = values.file ?? (values.quick && existsSync(ownQuick) ? ownQuick : published)
if (!existsSync(file)) {
  console.error(
    'Nothing has been measured yet: npm run bench -- overload writes what this command compares with.',
  )
  process.exit(1)
}
const result = await readResult(file)
const run = readOverload(result)
const times = publishedTimes()
// A minute of each level, also in a quick run: it takes a second to simulate, and a third of it has another p99.
const comparisons = compare(run, times, 60)

const error = (percent: number): string =>
  Number.isFinite(percent) ? `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %` : '–'
console.log(
  table(
    ['offered', 'measured good/s', 'simulated', 'error', 'measured p99 ms', 'simulated', 'error'],
    comparisons.map(({ level, simulated, goodputError, p99Error }) => [
      level.name,
      figure(level.goodput),
      figure(simulated.goodput),
      error(goodputError),
      figure(level.p99Ms),
      figure(simulated.p99Ms),
      error(p99Error),
    ]),
  ),
)
console.log(`
measured: ${result.startedAt}, ${result.machine.cores} cores, ${result.versions.commit ?? ''}; the median of the lowest level,
${run.loneMs.toFixed(1)} ms, is taken for a round trip. Everything else is predicted.`)

const out = values.quick ? join(localFolder, 'simulate') : join(root, 'bench/results/simulate')
await mkdir(out, { recursive: true })
await writeFile(join(out, 'validation.svg'), validationFigure(comparisons))
console.log('')
reportBars([
  { bar: bars.simulatedGoodputError, value: worst(comparisons.map(({ goodputError }) => goodputError)) },
  { bar: bars.simulatedLatencyError, value: worst(comparisons.map(({ p99Error }) => p99Error)) },
])
