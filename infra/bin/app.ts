import { join } from 'node:path'
import { application } from '@spillway/origin/application'
import { connectionBudget, explainBudget } from '../src/capacity.ts'
import { connectionDemand, databaseCapacity } from '../src/config.ts'
import { spillwayApp } from '../src/spillway-app.ts'
import { stages } from '../src/stages.ts'

/** Synthesizes every stage. The CDK command line sets CDK_OUTDIR; otherwise the templates go to `infra/cdk.out`. */
const outdir = process.env.CDK_OUTDIR ?? join(import.meta.dirname, '..', 'cdk.out')
const configs = Object.values(stages)
spillwayApp(configs, { outdir, slo: application.slo }).synth()
for (const config of configs) {
  const budget = connectionBudget(databaseCapacity(config), connectionDemand(config))
  console.log(`${config.stage}\n${explainBudget(budget).replaceAll(/^/gm, '  ')}`)
}
