import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './finding.ts'
import { cfnLint, pythonTool } from './python-tool.ts'
import { run } from './run.ts'

/** W3005: the CDK writes dependencies that a reference already implies, which is harmless. */
const ignored = ['W3005']

/** Runs cfn-lint over every template of a folder. Warnings count. */
export function checkTemplates(folder: string): Check {
  const templates = readdirSync(folder)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => join(folder, name))
  if (templates.length === 0) throw new Error('no templates: run `npm run synth` first')
  const { status, output } = run(pythonTool(cfnLint), [
    '--ignore-checks',
    ...ignored,
    '--template',
    ...templates,
  ])
  return {
    name: 'cfn-lint',
    findings: status === 0 ? [] : output.split('\n\n'),
    note: `${templates.length} templates`,
  }
}
