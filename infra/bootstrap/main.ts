/** Program: `npm run bootstrap -- --stage STAGE [--plan | --yes]` makes what a stage needs in both clouds. */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '@spillway/origin/dev/message-of'
import { awsClients } from '../runbook/clients.ts'
import { CloudflareApi } from '../runbook/cloudflare-api.ts'
import { UsageError } from '../runbook/command-line.ts'
import { runProgram } from '../runbook/perform.ts'
import { Run } from '../runbook/run.ts'
import { openTerminal } from '../runbook/terminal.ts'
import { stageNames } from '../src/config.ts'
import { stages } from '../src/stages.ts'
import { teamSettings } from '../src/team.ts'
import { bootstrap, type Outcome } from './bootstrap.ts'
import { resourcesOf } from './resources/index.ts'
import { setupOf, unready } from './setup.ts'

const usage = `npm run bootstrap -- --stage ${stageNames.join(' | ')} [--plan | --yes]
Makes what the stage needs in AWS and Cloudflare, and mends what differs (infra/bootstrap/README.md).
  --plan  reports what is missing or differs, and changes nothing
  --yes   does it; without either it asks before each change
Exit code: 0 all is as wanted, 1 it failed, 2 it was called wrongly, 3 something is missing, differs or waits.`

const root = join(import.meta.dirname, '..', '..')

async function main(): Promise<Outcome> {
  const { stage, mode } = readWords()
  const region = process.env.AWS_REGION
  const missing = ['AWS_REGION', 'CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID'].filter(
    (name) => (process.env[name] ?? '') === '',
  )
  if (region === undefined || missing.length > 0) throw new UsageError(`set ${missing.join(', ')}`)
  const { terminal, journal } = openTerminal(root, `bootstrap-${stage}`)
  const analyticsToken = process.env.EDGE_ANALYTICS_TOKEN || undefined
  journal.hide(analyticsToken ?? '')
  // Programs that it starts have no need of it.
  delete process.env.EDGE_ANALYTICS_TOKEN
  const runIn = (place: string) =>
    new Run({
      ...{
        root,
        config: stages[stage],
        region: place,
        clients: awsClients(place),
        inputs: {},
        nowMs: Date.now,
      },
      cloudflare: new CloudflareApi(process.env),
      ask: (argv, folder) => runProgram(argv, folder, { ...terminal, print: () => {} }),
    })
  const setup = setupOf(runIn(region), {
    team: teamSettings(stage),
    inRegion: runIn,
    analyticsToken,
  })
  const mistakes = unready(setup)
  if (mistakes.length > 0) throw new UsageError(`${stage} is not ready:\n  ${mistakes.join('\n  ')}`)
  const outcome = await bootstrap(resourcesOf(stages[stage]), setup, mode, terminal)
  console.log(`\nrecord: ${journal.file}`)
  return outcome
}

function readWords() {
  try {
    const flags = { plan: { type: 'boolean' }, yes: { type: 'boolean' } } as const
    const { values } = parseArgs({ options: { stage: { type: 'string' }, ...flags } })
    const stage = stageNames.find((name) => name === values.stage)
    if (stage === undefined) throw new UsageError(`--stage must be one of ${stageNames.join(', ')}`)
    if (values.plan === true && values.yes === true)
      throw new UsageError('--plan changes nothing, --yes does it: only one of them')
    return { stage, mode: values.plan === true ? 'plan' : values.yes === true ? 'yes' : 'ask' } as const
  } catch (error) {
    throw new UsageError(`${messageOf(error)}\n\n${usage}`)
  }
}

try {
  process.exitCode = { whole: 0, failed: 1, partial: 3 }[await main()]
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
