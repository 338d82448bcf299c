import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { holdSlowClients } from '../scenarios/hold-slow-clients.ts'
import { type LoadArguments, loadUsage, parseLoadArguments } from '../scenarios/load-arguments.ts'
import { scheduleOutage } from '../scenarios/local-stack.ts'
import { preparePlan } from '../scenarios/prepare-plan.ts'
import { describeSummary, isPassed, judge, type Summary } from '../scenarios/summary.ts'
import { bundleScript } from './bundle-script.ts'
import { findK6, howToGetK6 } from './find-k6.ts'

/** Program: `npm run k6 -- spike --target URL` runs a scenario on k6; 1: a threshold was missed, 3: there is no k6. */
async function main(given: LoadArguments): Promise<void> {
  const program = findK6(process.env)
  if (program === undefined) {
    console.error(howToGetK6)
    process.exitCode = 3
    return
  }
  const { scenario } = given
  await using closing = new AsyncDisposableStack()
  // Readable by this user alone: the plan holds tokens.
  const folder = await mkdtemp(join(tmpdir(), 'spillway-k6-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const [script, planFile, summaryFile] = ['script.js', 'plan.json', 'summary.json'].map((name) =>
    join(folder, name),
  )
  if (!script || !planFile || !summaryFile) throw new Error('no files')

  const { plan, stack } = await preparePlan(given, closing)
  await bundleScript({ outfile: script })
  await writeFile(planFile, JSON.stringify(plan), { mode: 0o600 })
  if (scenario.slowClients !== undefined) {
    const slow = holdSlowClients(plan, scenario.slowClients)
    closing.defer(() => slow.stop())
  }
  if (stack !== undefined) closing.defer(scheduleOutage(stack, scenario))

  const env = {
    ...process.env,
    SPILLWAY_PLAN: planFile,
    SPILLWAY_SUMMARY: summaryFile,
    K6_NO_USAGE_REPORT: 'true',
  }
  const child = spawn(program, ['run', script], { stdio: 'inherit', env })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  const text = await readFile(summaryFile, 'utf8').catch(() => undefined)
  if (text === undefined) throw new Error(`k6 left no summary (exit code ${code})`)
  // The cast is safe: the script wrote it.
  const summary = JSON.parse(text) as Summary
  const verdicts = judge(summary.total, scenario.thresholds)
  console.log(`\n${describeSummary(summary, verdicts)}`)
  if (given.out !== undefined)
    await writeFile(given.out, `${JSON.stringify({ summary, verdicts }, null, 2)}\n`)
  if (code !== 0 || !isPassed(summary, verdicts)) process.exitCode = 1
}

if (process.argv.length < 3) {
  console.error(loadUsage('k6'))
  process.exitCode = 2
} else {
  try {
    await main(await parseLoadArguments(process.argv.slice(2)))
  } catch (error) {
    // The cast is safe: what it calls throws errors.
    console.error((error as Error).message)
    process.exitCode = 2
  }
}
