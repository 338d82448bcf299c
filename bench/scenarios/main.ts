import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { usersAt } from './closed-users.ts'
import { drivePlan } from './drive-plan.ts'
import { type LoadArguments, loadUsage, parseLoadArguments } from './load-arguments.ts'
import { scheduleOutage } from './local-stack.ts'
import { preparePlan } from './prepare-plan.ts'
import { noProgress, progressLine } from './progress-line.ts'
import { describeSummary, isPassed, judge } from './summary.ts'

/**
 * Program: `npm run scenario -- spike` runs a scenario, prints a summary, and exits with 1 if a threshold is missed.
 */
async function main(given: LoadArguments): Promise<void> {
  const { scenario } = given
  await using closing = new AsyncDisposableStack()
  const ending = new AbortController()
  process.once('SIGINT', () => ending.abort(new Error('stopped')))

  const { plan, stack } = await preparePlan(given, closing)
  let before = noProgress
  const report = await drivePlan(plan, {
    signal: ending.signal,
    onStart: () => stack !== undefined && closing.defer(scheduleOutage(stack, scenario)),
    onProgress: (progress) => {
      console.error(progressLine(progress, before, usersAt(scenario.users, progress.atMs)))
      before = progress
    },
  })
  const verdicts = judge(report.summary.total, scenario.thresholds)
  console.log(`\n${describeSummary(report.summary, verdicts)}`)
  if (given.out !== undefined) {
    await mkdir(dirname(given.out), { recursive: true })
    await writeFile(given.out, `${JSON.stringify({ ...report, verdicts }, null, 2)}\n`)
  }
  if (!isPassed(report.summary, verdicts)) process.exitCode = 1
}

if (process.argv.length < 3) {
  console.error(loadUsage('scenario'))
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
