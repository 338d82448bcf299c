import { functionsCost } from '../../infra/src/cost/functions-cost.ts'
import { priceSource } from '../../infra/src/cost/prices.ts'
import { spillwayCost } from '../../infra/src/cost/spillway-cost.ts'
import { defaultWorkload } from '../../infra/src/cost/workload.ts'
import { stages } from '../../infra/src/stages.ts'
import { figure } from '../simulate/chart/figure.ts'
import { logarithmic } from '../simulate/chart/scale.ts'
import { type Html, html, raw } from './html.ts'

const users = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]

const dollars = (value: number): string => `$${Math.round(value).toLocaleString('en-US')}`

/** Monthly cost by users in the busiest hour, calculated by infra for the sizes that it deploys. */
export function costSection(): { readonly section: Html; readonly svg: string } {
  const rows = users.map((count) => {
    const workload = { ...defaultWorkload, users: count }
    return {
      count,
      spillway: spillwayCost(workload, stages.production).dollars,
      http: functionsCost(workload, { gateway: 'http', edge: false }).dollars,
      rest: functionsCost(workload, { gateway: 'rest', edge: false }).dollars,
      behind: functionsCost(workload, { gateway: 'http', edge: true }).dollars,
    }
  })
  const points = (name: 'spillway' | 'http' | 'rest' | 'behind') => rows.map((row) => [row.count, row[name]] as const)
  const all = rows.flatMap(({ spillway, http, rest, behind }) => [spillway, http, rest, behind])
  const svg = figure('Dollars a month, by users in the busiest hour', [
    {
      title: 'Both axes logarithmic',
      x: logarithmic(1_000, 1_000_000),
      xLabel: (value) => value.toLocaleString('en-US'),
      y: logarithmic(Math.min(...all), Math.max(...all)),
      yLabel: (value) => `$${new Intl.NumberFormat('en-US', { notation: 'compact' }).format(value)}`,
      lines: [
        { name: 'Lambda (REST)', look: 'orange', points: points('rest') },
        { name: 'Lambda (HTTP)', look: 'grey', points: points('http') },
        { name: 'our edge + Lambda (HTTP)', look: 'green', points: points('behind') },
        { name: 'Spillway', look: 'blue', points: points('spillway') },
      ],
    },
  ])
  const { requestsPerUserSecond, readShare, hitRatio } = defaultWorkload
  const section = html`<section id="cost"><h2>Cost</h2>
<p>Each user asks ${requestsPerUserSecond} times a second in the busiest hour, ${readShare * 100} % of it reads, of which the
edge answers ${hitRatio * 100} %. The first design is reckoned kindly: always warm, no limit to its functions.</p>
<figure>${raw(svg)}</figure>
<div class="scroll"><table><thead><tr><th>users</th><th>Spillway</th><th>Lambda, HTTP API</th><th>Lambda, REST API</th><th>the same Worker and cache, Lambda, HTTP API</th></tr></thead><tbody>
${rows.map(({ count, spillway, http, rest, behind }) => html`<tr><td>${count.toLocaleString('en-US')}</td><td>${dollars(spillway)}</td><td>${dollars(http)}</td><td>${dollars(rest)}</td><td>${dollars(behind)}</td></tr>`)}
</tbody></table></div>
<p class="how">From infra's cost function (<code>npm run cost</code>); ${priceSource.kind}, ${priceSource.region}, ${priceSource.date}.</p></section>`
  return { section, svg }
}
