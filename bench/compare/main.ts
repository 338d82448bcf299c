/** Program: `npm run bench -- compare BEFORE AFTER`, of results, folders or commits; 1 where something is worse. */
import { parseArgs } from 'node:util'
import { compareBenches, isWorse } from './bench-comparison.ts'
import { markdownOf } from './markdown.ts'
import { plainTextOf } from './plain-text.ts'
import { readResults } from './read-results.ts'

const usage = `Usage: npm run bench -- compare BEFORE AFTER [--markdown]

Each is a result (bench/results/story.json), a folder of them, or a commit, for its bench/results. Says of each figure
whether it has changed by more than noise, and which bars flipped. --markdown: tables of the changes, for a pull request.
Exits with 1 where a figure has become worse or a bar fails that held, and with 2 where there is nothing to compare.`

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { markdown: { type: 'boolean', default: false } },
  })
  const [before, after, ...more] = positionals
  if (before === undefined || after === undefined || more.length > 0) throw new Error(usage)
  await main(before, after, values.markdown)
} catch (error) {
  // The cast is safe: what it calls throws errors.
  console.error((error as Error).message)
  process.exitCode = 2
}

async function main(before: string, after: string, isMarkdown: boolean): Promise<void> {
  const [older, newer] = [await readResults(before), await readResults(after)]
  for (const reason of [...older.unread, ...newer.unread]) console.error(`left out: ${reason}`)
  const benches = [...older.byBench].flatMap(([bench, result]) => {
    const other = newer.byBench.get(bench)
    return other === undefined ? [] : [compareBenches(result, other)]
  })
  if (benches.length === 0) throw new Error('the two have no bench in common')
  if (isMarkdown) console.log(markdownOf(benches))
  else {
    for (const bench of benches) console.log(`\n${plainTextOf(bench)}`)
    console.log(
      '\nbetter, worse: a change. same: noise, or less than 3 %. unclear: apart, but too few repetitions to be sure.',
    )
  }
  if (benches.some(isWorse)) process.exitCode = 1
}
