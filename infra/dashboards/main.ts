/**
 * Program: `node infra/dashboards/main.ts` writes the dashboard and the queries again, after a change of metrics or
 * objectives.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { application } from '@spillway/origin/application'
import { dashboardFiles } from './files.ts'

for (const [name, text] of Object.entries(dashboardFiles(application.slo))) {
  writeFileSync(join(import.meta.dirname, name), text)
}
