/**
 * Program: `npm run console` serves a page on this machine that shows every tier of what `npm start` runs;
 * `--stage STAGE`, of a deployed stage.
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { runningPorts } from '@spillway/edge/dev/kept-ports'
import { application } from '@spillway/origin/application'
import { ports } from '@spillway/origin/contract'
import { keptLogFile } from '../local/kept-log.ts'
import { localPlaces } from '../why/local-places.ts'
import { stageReaders, stageUsage } from '../why/stage/stage-readers.ts'
import { observeStageState, observeState } from './observe-state.ts'
import { localBudgets, stageBudgets } from './observed-budgets.ts'
import { startConsole } from './server.ts'
import { shared } from './shared.ts'

/**
 * Time for which all viewers share one observation, in ms: a scrape costs the origin some ms, a query of a log money.
 */
const maxAgeMs = { local: 1_000, stage: 15_000 }

/** The same of the error budgets: they are sums over days, of megabytes of a log or of 48 metrics and two queries. */
const budgetsMaxAgeMs = { local: 5_000, stage: 60_000 }

const usage = `npm run console                     a page that shows every tier of what npm start runs
npm run console -- --stage STAGE    the same of a deployed stage
CONSOLE_PORT=PORT                   another port than ${ports.console}

${stageUsage}`

const port = Number(process.env.CONSOLE_PORT || ports.console)
const stage = stageOf(process.argv.slice(2))
if (stage === 'mistake' || !Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(usage)
  process.exit(2)
}
try {
  const served = await startConsole({ port, state: stage === undefined ? localState() : stageState(stage) })
  console.log(`The console is at ${served.url}. Ctrl-C stops it.`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await served.stop()
} catch (error) {
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
  console.error(
    code === 'EADDRINUSE'
      ? `Port ${port} is in use: stop what listens on it, or set CONSOLE_PORT to a free one.`
      : message,
  )
  process.exitCode = 1
}

function localState() {
  const places = localPlaces(runningPorts(process.env))
  const logs = [`${keptLogFile('edge')}.1`, keptLogFile('edge')]
  const budgets = shared(() => localBudgets(logs, application.slo), budgetsMaxAgeMs.local, now)
  return shared(() => observeState(places, budgets), maxAgeMs.local, now)
}

function stageState(name: string) {
  const readers = stageReaders(name, process.env)
  const { aws, cloudflare, places } = readers
  const counts = {
    stage: name,
    dataset: places.dataset,
    analytics: cloudflare.analytics,
    metrics: aws.metrics,
  }
  const budgets = shared(() => stageBudgets(counts, application.slo), budgetsMaxAgeMs.stage, now)
  return shared(() => observeStageState(name, readers, budgets), maxAgeMs.stage, now)
}

function now(): number {
  return performance.now()
}

function stageOf(words: string[]): string | undefined {
  try {
    return parseArgs({ args: words, options: { stage: { type: 'string' } } }).values.stage
  } catch {
    return 'mistake'
  }
}
