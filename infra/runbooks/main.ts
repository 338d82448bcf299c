/** Program: `npm run runbook -- NAME --stage STAGE [--plan | --yes]` runs a runbook of `infra/runbooks/`. */
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { tools } from '@spillway/origin/application/tools'
import { canaryOf } from '../runbook/ask-canary.ts'
import { awsClients } from '../runbook/clients.ts'
import { CloudflareApi } from '../runbook/cloudflare-api.ts'
import { listOf, readCommandLine, UsageError } from '../runbook/command-line.ts'
import { runProgram } from '../runbook/perform.ts'
import { Run } from '../runbook/run.ts'
import type { Input } from '../runbook/runbook.ts'
import { runRunbook } from '../runbook/runner.ts'
import { openTerminal } from '../runbook/terminal.ts'
import { stages } from '../src/stages.ts'
import { runbooks } from './index.ts'

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
  const { terminal, journal } = openTerminal(root, `${runbook.name}-${stage}`)
  const secrets = mode === 'plan' ? {} : await readSecrets(runbook.inputs ?? {})
  for (const secret of Object.values(secrets)) journal.hide(secret)
  const run = new Run({
    root,
    config: stages[stage],
    region,
    clients: awsClients(region),
    cloudflare: new CloudflareApi(process.env),
    inputs: { ...hiddenIn(runbook.inputs ?? {}), ...inputs, ...secrets },
    ask: (argv, folder) => runProgram(argv, folder, { ...terminal, print: () => {} }),
    nowMs: Date.now,
    canary: canaryOf(tools.canary),
  })
  const isDone = await runRunbook(runbook, run, mode, terminal)
  console.log(`\nrecord: ${journal.file}`)
  return isDone
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
