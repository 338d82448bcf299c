import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reportBars } from '../local/bar.ts'
import { checkEdgeBundle } from '../src/check/edge-bundle.ts'
import { edgeDrift } from '../src/check/edge-drift.ts'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'
import { type Check, printCheck } from '../src/check/finding.ts'
import { checkScripts, checkUnits } from '../src/check/instance-check.ts'
import { instanceSettings } from '../src/check/instance-settings.ts'
import { limits } from '../src/check/limits.ts'
import { originDrift } from '../src/check/origin-drift.ts'
import { checkSynth, connectionsThatStopSynth } from '../src/check/synth-check.ts'
import { checkTemplates } from '../src/check/template-check.ts'
import { stages } from '../src/stages.ts'

/** Findings of every check that needs neither network nor account. */
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
for (const environment of readEdgeEnvironments().keys()) {
  report(await checkEdgeBundle(environment))
}

reportBars([
  { bar: limits.synth, value: synth.seconds },
  { bar: limits.findings, value: synth.findings.length + templates.findings.length },
  { bar: limits.budget, value: stop.connections },
])
if (findings.length > 0) process.exitCode = 1
