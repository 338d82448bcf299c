/** Program: `npm run bench -- compare BEFORE AFTER`, two results or two folders of them; 1 where something is worse. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Result, readResult } from '../measure/result.ts'
import { figure, table } from '../measure/table.ts'
import { type Comparison, compare, differences } from './compare.ts'

const usage = `Usage: npm run bench -- compare BEFORE AFTER

Two results (bench/results/story.json), or two folders of them. Says of each figure whether it has changed by more than
noise; exits with 1 where one has become worse, and with 2 where there is nothing to compare.`

async function resultsIn(path: string): Promise<ReadonlyMap<string, Result>> {
  const files = (await stat(path)).isDirectory()
    ? (await readdir(path))
        .filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'))
        .map((name) => join(path, name))
    : [path]
  const results = await Promise.all(files.map(readResult))
  return new Map(results.map((result) => [result.bench, result]))
}

const rowOf = ({
  case: name,
  subject,
  metric,
  unit,
  before,
  after,
  changePercent,
  p,
  judgement,
}: Comparison) => [
  `${subject}, ${name}: ${metric}`,
  unit,
  figure(before),
  figure(after),
  `${changePercent > 0 ? '+' : ''}${changePercent.toFixed(1)} %`,
  p.toFixed(3),
  judgement,
]

async function main([before, after, ...more]: readonly string[]): Promise<void> {
  if (before === undefined || after === undefined || more.length > 0) throw new Error(usage)
  const [older, newer] = [await resultsIn(before), await resultsIn(after)]
  const shared = [...older.keys()].filter((bench) => newer.has(bench))
  if (shared.length === 0) throw new Error('the two have no bench in common')
  let worse = 0
  for (const bench of shared) {
    // The casts are safe: `shared` has the benches of both.
    const [a, b] = [older.get(bench) as Result, newer.get(bench) as Result]
    console.log(`\n${bench}: ${a.startedAt} (${a.versions.commit}) → ${b.startedAt} (${b.versions.commit})`)
    for (const difference of differences(a, b)) console.log(`  not the same: ${difference}`)
    const comparisons = compare(a, b)
    console.log(`\n${table(['', 'unit', 'before', 'after', 'change', 'p', ''], comparisons.map(rowOf))}`)
    worse += comparisons.filter(({ judgement }) => judgement === 'worse').length
  }
  console.log(
    '\nbetter, worse: a change. same: noise, or less than 3 %. unclear: apart, but too few repetitions to be sure.',
  )
  if (worse > 0) process.exitCode = 1
}

try {
  await main(parseArgs({ allowPositionals: true }).positionals)
} catch (error) {
  // The cast is safe: what it calls throws errors.
  console.error((error as Error).message)
  process.exitCode = 2
}
