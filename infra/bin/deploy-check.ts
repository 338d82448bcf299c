import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { reportBars } from '../local/bar.ts'
import { checkEdgeBundle } from '../src/check/edge-bundle.ts'
import { edgeDrift } from '../src/check/edge-drift.ts'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'
import { type Check, printCheck } from '../src/check/finding.ts'
import { checkScripts, checkUnits } from '../src/check/instance-check.ts'
import { instanceSettings } from '../src/check/instance-settings.ts'
import { limits } from '../src/check/limits.ts'
import { originDrift } from '../src/check/origin-drift.ts'
import { placeholders } from '../src/check/placeholders.ts'
import { checkSynth, connectionsThatStopSynth } from '../src/check/synth-check.ts'
import { checkTemplates } from '../src/check/template-check.ts'
import { stageNames } from '../src/config.ts'
import { stages } from '../src/stages.ts'
import { teamPlaceholders, teamSettings } from '../src/team.ts'

/**
 * `npm run deploy:check [-- --stage STAGE]`: every check that needs neither network nor account. With a stage, also
 * that its settings are a team's own: without one, this repository's examples pass.
 */
const { values } = parseArgs({ options: { stage: { type: 'string' } } })
const stage = stageNames.find((name) => name === values.stage)
if (values.stage !== undefined && stage === undefined) {
  throw new Error(`--stage must be one of ${stageNames.join(', ')}`)
}
const findings: string[] = []
function report<T extends Check>(check: T): T {
  printCheck(check)
  findings.push(...check.findings)
  return check
}

const synth = report(checkSynth())
const templateFolder = join(import.meta.dirname, '..', 'cdk.out')
const templates = report(checkTemplates(templateFolder))
const scratch = mkdtempSync(join(tmpdir(), 'spillway-budget-'))
const stop = connectionsThatStopSynth(scratch)
rmSync(scratch, { recursive: true, force: true })
report({
  name: 'a budget that is broken stops the synth',
  findings: stop.connections === 1 ? [] : [stop.message],
  note: `at ${stop.connections} connection over it`,
})
report(checkScripts())
report(checkUnits())
report({
  name: 'origin and infra agree',
  findings: Object.values(stages).flatMap((config) =>
    originDrift(config, instanceSettings(templateFolder, config.stage)),
  ),
})
report({ name: 'edge, contract and infra agree', findings: edgeDrift(readEdgeEnvironments()) })
const named = stage && readEdgeEnvironments().get(stage)
report({
  name: 'no placeholder is left',
  findings: named && stage ? [...placeholders(named), ...teamPlaceholders(teamSettings(stage))] : [],
  ...(named === undefined && { skipped: 'no --stage is named, so examples may stay' }),
})
report({
  name: 'releases are signed',
  findings:
    stage === undefined || stage === 'dev' || stages[stage].releaseKeys.length > 0
      ? []
      : [
          `${stage} has no releaseKeys: whoever may write to the bucket and deploy decides what runs; npm run release:key makes one`,
        ],
  ...(stage === undefined && { skipped: 'no --stage is named' }),
})
for (const environment of readEdgeEnvironments().keys()) {
  report(await checkEdgeBundle(environment))
}

reportBars([
  { bar: limits.synth, value: synth.seconds },
  { bar: limits.findings, value: synth.findings.length + templates.findings.length },
  { bar: limits.budget, value: stop.connections },
])
if (findings.length > 0) process.exitCode = 1
