import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { application } from '@spillway/origin/application'
import { connectionBudget, explainBudget } from '../src/capacity.ts'
import { connectionDemand, databaseCapacity } from '../src/config.ts'
import { preview } from '../src/preview.ts'
import { previewApp, spillwayApp } from '../src/spillway-app.ts'
import { stages } from '../src/stages.ts'

/**
 * Synthesizes every stage, or with `--preview BRANCH [--days N]` the stage of a branch. The CDK command line sets
 * CDK_OUTDIR, and takes the branch from SPILLWAY_PREVIEW and SPILLWAY_PREVIEW_DAYS; otherwise the templates go to
 * `infra/cdk.out`.
 */
const { values } = parseArgs({ options: { preview: { type: 'string' }, days: { type: 'string' } } })
const outdir = process.env.CDK_OUTDIR ?? join(import.meta.dirname, '..', 'cdk.out')
const branch = values.preview ?? process.env.SPILLWAY_PREVIEW
const days = Number(values.days ?? process.env.SPILLWAY_PREVIEW_DAYS ?? 7)
const chosen = branch === undefined || branch === '' ? undefined : preview(branch, { days, now: new Date() })
const props = { outdir, slo: application.slo }
const app = chosen === undefined ? spillwayApp(Object.values(stages), props) : previewApp(chosen, props)
app.synth()
for (const config of chosen === undefined ? Object.values(stages) : [chosen.config]) {
  const budget = connectionBudget(databaseCapacity(config), connectionDemand(config))
  console.log(`${config.stage}\n${explainBudget(budget).replaceAll(/^/gm, '  ')}`)
}
if (chosen !== undefined) console.log(`expires at ${chosen.expiresAt.toISOString()}`)
