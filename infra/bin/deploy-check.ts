import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkEdgeBundle } from '../src/check/edge-bundle.ts'
import { edgeDrift } from '../src/check/edge-drift.ts'
import { readEdgeEnvironments } from '../src/check/edge-environments.ts'
import { type Check, printCheck } from '../src/check/finding.ts'
import { checkScripts, checkUnits } from '../src/check/instance-check.ts'
import { checkSynth, connectionsThatStopSynth } from '../src/check/synth-check.ts'
import { checkTemplates } from '../src/check/template-check.ts'

/** Everything that a deployment needs, short of the network and an account. */
const findings: string[] = []
function report<T extends Check>(check: T): T {
  printCheck(check)
  findings.push(...check.findings)
  return check
}

const synth = report(checkSynth())
const templates = report(checkTemplates(join(import.meta.dirname, '..', 'cdk.out')))
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
report({ name: 'edge, contract and infra agree', findings: edgeDrift(readEdgeEnvironments()) })
for (const environment of readEdgeEnvironments().keys()) report(checkEdgeBundle(environment))

const bars = [
  { name: 'infra-synth-seconds', value: synth.seconds, limit: 60 },
  { name: 'infra-template-findings', value: synth.findings.length + templates.findings.length, limit: 0 },
  { name: 'infra-connections-that-stop-synth', value: stop.connections, limit: 1 },
]
for (const { name, value, limit } of bars) {
  console.log(`bar: ${name} ${Number(value.toFixed(2))} (<= ${limit}) ${value <= limit ? 'pass' : 'fail'}`)
}
if (findings.length > 0 || bars.some(({ value, limit }) => value > limit)) process.exitCode = 1
