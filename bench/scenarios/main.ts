import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { resources } from '@spillway/origin/contract'
import { checkLoad } from './bounds.ts'
import { usersAt } from './closed-users.ts'
import { drivePlan } from './drive-plan.ts'
import { learnDocuments } from './known-documents.ts'
import { type LoadArguments, loadUsage, parseLoadArguments } from './load-arguments.ts'
import { mintTokens, scheduleOutage, startLocalStack } from './local-stack.ts'
import { operationsOf } from './operations.ts'
import { planOf } from './plan.ts'
import { noProgress, progressLine } from './progress-line.ts'
import { describeSummary, isPassed, judge } from './summary.ts'

/** Program: `npm run scenario -- spike` runs a scenario, prints a summary, and exits 1 where a threshold is missed. */
async function main(given: LoadArguments): Promise<void> {
  const { scenario } = given
  if (given.target !== undefined) checkLoad(scenario, given.target, given)
  await using closing = new AsyncDisposableStack()
  const ending = new AbortController()
  process.once('SIGINT', () => ending.abort())

  if (given.target === undefined) console.error('starting the stack')
  const stack = given.target === undefined ? closing.use(await startLocalStack(scenario)) : undefined
  const target = given.target ?? (stack?.url as string)
  const tokens = stack === undefined ? given.tokens : await mintTokens(stack, scenario)
  if (scenario.outage !== undefined && stack === undefined) {
    console.error('the outage of this scenario is yours to cause; what is offered is as if there were one')
  }

  console.error('asking which documents there are')
  const documents = await learnDocuments({
    target,
    operations: operationsOf(resources, scenario).filter(({ signedIn }) => !signedIn || tokens.length > 0),
    count: scenario.documents,
    ...(tokens[0] !== undefined && { token: tokens[0] }),
  })
  const plan = planOf({ ...given, scenario, target, tokens, documents })
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

try {
  await main(await parseLoadArguments(process.argv.slice(2)))
} catch (error) {
  console.error(`${(error as Error).message}\n\n${loadUsage('scenario')}`)
  process.exitCode = 2
}
