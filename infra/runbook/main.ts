/** Program: `npm run runbook -- NAME --stage STAGE [--plan | --yes]` runs a runbook of `infra/runbooks/`. */
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { runbooks } from '../runbooks/index.ts'
import { stages } from '../src/stages.ts'
import { awsClients } from './clients.ts'
import { listOf, readCommandLine, UsageError } from './command-line.ts'
import { Journal } from './journal.ts'
import { runProgram } from './perform.ts'
import { Run } from './run.ts'
import { type Input, Refusal } from './runbook.ts'
import { runRunbook } from './runner.ts'

const root = join(import.meta.dirname, '..', '..')

async function main(): Promise<boolean> {
  const words = process.argv.slice(2)
  if (words.length === 0) {
    console.log(listOf(runbooks))
    return true
  }
  const { runbook, stage, mode, inputs } = readCommandLine(words, runbooks)
  const region = process.env.AWS_REGION
  if (region === undefined) throw new UsageError('set AWS_REGION to the region of the stage')
  const journal = new Journal(join(root, '.spillway', 'runbooks'), `${runbook.name}-${stage}`, Date.now)
  const stop = new AbortController()
  const kill = new AbortController()
  process.on('SIGINT', () => {
    if (stop.signal.aborted) kill.abort()
    else console.log('\nstops after this step; once more ends its command at once')
    stop.abort()
  })
  const secrets = mode === 'plan' ? {} : await readSecrets(runbook.inputs ?? {})
  for (const secret of Object.values(secrets)) journal.hide(secret)
  const print = (text: string) => {
    const clean = journal.write(text)
    process.stdout.write(clean.endsWith('\n') ? clean : `${clean}\n`)
  }
  const performer = { root, print, env: process.env, kill: kill.signal }
  const run = new Run({
    root,
    config: stages[stage],
    region,
    clients: awsClients(region),
    inputs: { ...hiddenIn(runbook.inputs ?? {}), ...inputs, ...secrets },
    ask: (argv, folder) => runProgram(argv, folder, { ...performer, print: () => {} }),
    nowMs: Date.now,
  })
  const terminal = {
    ...{ ...performer, choose, stop: stop.signal, nowMs: Date.now },
    sleep: (ms: number) => sleep(ms, undefined, { signal: stop.signal }).catch(() => {}),
  }
  const isDone = await runRunbook(runbook, run, mode, terminal)
  console.log(`\nrecord: ${journal.file}`)
  return isDone
}

async function choose(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new Refusal('there is no terminal to answer in: use --plan or --yes')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(question)
  terminal.close()
  return answer.trim().toLowerCase()
}

/** A plan shows that there is a secret, and needs none. */
const hiddenIn = (inputs: Readonly<Record<string, Input>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(inputs).map((name) => [name, '‹hidden›']))

/** Secrets come from the environment, or are typed without being shown. */
async function readSecrets(
  inputs: Readonly<Record<string, Input>>,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {}
  for (const [name, { secretIn, says, pattern }] of Object.entries(inputs)) {
    if (secretIn === undefined) continue
    const value = process.env[secretIn] ?? (process.stdin.isTTY ? await typeHidden(`${says}: `) : '')
    if (!pattern.test(value)) throw new UsageError(`${secretIn} must be set: ${says}`)
    // Programs that the runbook starts have no need of it.
    delete process.env[secretIn]
    values[name] = value
  }
  return values
}

async function typeHidden(question: string): Promise<string> {
  process.stdout.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const answer = await terminal.question('')
  terminal.close()
  process.stdout.write('\n')
  return answer.trim()
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
