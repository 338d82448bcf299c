import { html, raw } from 'hono/html'
import type { Finding } from '../why/diagnose.ts'
import { healthy } from '../why/report.ts'
import type { OriginSigns } from '../why/signs.ts'
import type { ConsoleState } from './state.ts'

/** Markup whose values are escaped. */
type Html = ReturnType<typeof html>

/** The whole page. */
export const page = (state: ConsoleState): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Spillway console</title>
    <link rel="stylesheet" href="/console.css">
    <link rel="icon" href="data:,">
    <script src="/console.js" defer></script>
  </head>
  <body>
    <h1>Spillway console</h1>
    <p id="notice" class="bad" role="alert"></p>
    <main>${figures(state)}</main>
    <footer>The same as JSON: <a href="/state">/state</a>. The page only reads.</footer>
  </body>
</html>
`

/** The part of the page that changes. */
export const figures = (state: ConsoleState): Html => html`
  <p class="muted">${state.at.slice(11, 19)} UTC. Rates are of the last ${state.seconds} s.</p>
  ${state.findings.length === 0 ? calm(state) : state.findings.map(cause)}
  ${edge(state)}
  ${state.origins.map(origin)}
  ${issuers(state)}
`

const calm = ({ seconds }: ConsoleState): Html => html`<section class="healthy">
    ${healthy(seconds)}
  </section>`

const cause = ({ cause, evidence, hits, since }: Finding, index: number): Html => html`<section class="cause">
    <h2>${index === 0 ? '' : 'Perhaps a consequence: '}${cause.name} <span class="muted">(${cause.tier})</span></h2>
    ${cause.says}
    <ul>
      ${evidence.map((seen) => html`<li>Seen: ${seen}</li>`)}
      ${since === undefined ? '' : html`<li>Since: ${since}</li>`}
      ${hits.length === 0 ? '' : html`<li>Hits: ${hits.join(', ')}</li>`}
      <li>Do: ${'runbook' in cause.remedy ? `npm run runbook -- ${cause.remedy.runbook}` : cause.remedy.text}</li>
    </ul>
  </section>`

function edge({ edge: { isReachable, traffic } }: ConsoleState): Html {
  const { perSecond, hitShare, refusedShare, originMs, series, routes, reasons } = traffic
  return html`<section>
    <h2>Edge ${isReachable ? '' : html`<span class="bad">does not answer</span>`}</h2>
    <dl>
      ${figure('answers/s', perSecond.toFixed(1))}
      ${figure('from the cache', percent(hitShare))}
      ${figure('refused or failed', percent(refusedShare), (refusedShare ?? 0) > 0.01)}
      ${figure('origin, mean', originMs === undefined ? '–' : `${originMs.toFixed(0)} ms`)}
    </dl>
    ${chart(series)}
    ${table(
      ['route', 'answers/s', 'from the cache', 'refused or failed'],
      routes.map((route) => [
        ...[route.pattern, route.perSecond.toFixed(1)],
        ...[percent(route.hitShare), percent(route.refusedShare)],
      ]),
    )}
    ${table(
      ['refused or failed because of', 'answers'],
      reasons.map(([reason, count]) => [reason, String(count)]),
    )}
  </section>`
}

function origin(signs: OriginSigns): Html {
  const { name, isLive, failing, admission, pool, batches, priorities } = signs
  if (!isLive) return html`<section><h2>Origin ${name}</h2><span class="bad">does not answer</span></section>`
  return html`<section>
    <h2>Origin ${name}</h2>
    ${Object.values(failing).map((reason) => html`<p class="bad">Not ready: ${reason}</p>`)}
    <dl>
      ${figure('in service, limit', `${admission.inflight} / ${admission.limit.toFixed(0)}`)}
      ${figure('waiting', String(admission.waiting), admission.waiting > 0)}
      ${figure('connections in use', `${pool.inUse} / ${pool.size}`, pool.inUse >= pool.size)}
      ${figure('wait for one, p99', milliseconds(signs.poolWaitSeconds))}
      ${figure('callers per command', batches.commands === 0 ? '–' : (batches.callers / batches.commands).toFixed(1))}
      ${figure('commands given up', String(signs.commandsGivenUp), signs.commandsGivenUp > 0)}
      ${figure('event loop late, p99', milliseconds(signs.loopDelaySeconds), signs.loopDelaySeconds > 0.2)}
      ${figure('memory', `${Math.round(signs.memoryBytes / 1e6)} MB`)}
    </dl>
    ${table(
      ['priority', 'admitted', 'refused'],
      Object.entries(priorities).map(([priority, { admitted, shed }]) => [
        ...[priority, String(admitted), String(shed)],
      ]),
    )}
  </section>`
}

const issuers = ({ issuers: all }: ConsoleState): Html => html`<section>
    <h2>Token issuers</h2>
    ${all.map(({ name, isReachable }) => html`<p class="${isReachable ? '' : 'bad'}">${name} ${isReachable ? 'answers' : 'does not answer'}</p>`)}
  </section>`

const figure = (name: string, value: string, isBad = false): Html =>
  html`<div><dt>${name}</dt><dd class="${isBad ? 'bad' : ''}">${value}</dd></div>`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): Html =>
  rows.length === 0
    ? html``
    : html`<div class="scroll" tabindex="0"><table>
        <tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr>
        ${rows.map((row) => html`<tr>${row.map((value) => html`<td>${value}</td>`)}</tr>`)}
      </table></div>`

/** Answers per second, the oldest at the left. */
function chart(series: readonly number[]): Html {
  const highest = Math.max(1, ...series)
  const points = series.map((value, index) => `${index},${(58 - (56 * value) / highest).toFixed(1)}`)
  const label = `Answers per second, at most ${Math.round(Math.max(...series))}`
  return html`<svg viewBox="0 0 ${series.length - 1} 60" preserveAspectRatio="none" role="img" aria-label="${label}">
      ${raw(`<polyline vector-effect="non-scaling-stroke" points="${points.join(' ')}"/>`)}
    </svg>
    <p class="muted">${label}</p>`
}

const percent = (share: number | undefined): string =>
  share === undefined ? '–' : `${(share * 100).toFixed(1)} %`

const milliseconds = (seconds: number): string => `${Math.round(seconds * 1_000)} ms`
