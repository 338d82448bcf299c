import type { Slo } from '@spillway/origin/contract'
import { namedQueries } from '../src/edge-queries.ts'
import { grafanaDashboard } from './grafana.ts'

/** Files of this folder that follow from the code, by name. */
export const dashboardFiles = (slo: Slo): Readonly<Record<string, string>> => ({
  'grafana.json': `${JSON.stringify(grafanaDashboard(), undefined, 2)}\n`,
  ...Object.fromEntries(
    Object.entries(namedQueries(slo)).map(([name, sql]) => [`queries/${name}.sql`, `${sql}\n`]),
  ),
})
