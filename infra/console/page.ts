import { html, raw } from 'hono/html'
import type { Finding } from '../why/diagnose.ts'
import { healthy } from '../why/report.ts'
import type { OriginSigns } from '../why/signs.ts'
import { budgetsSection } from './budgets-section.ts'
import { figure, type Html, table } from './markup.ts'
import type { ConsoleState } from './state.ts'

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
    <footer>The same as JSON: <a href="/state">/state</a>. The page only reads; commands change.</footer>
  </body>
</html>
`

/** The part of the page that changes. */
export const figures = (state: ConsoleState): Html => html`
  <p class="muted">${state.place}, ${state.at.slice(11, 19)} UTC. Rates are of the last ${state.seconds} s.</p>
  ${state.findings.length === 0 && state.blind.length === 0 ? calm(state) : state.findings.map(cause)}
  ${state.blind.map((each) => html`<p class="bad">Not observed: ${each}</p>`)}
  ${edge(state)}
  ${budgetsSection(state)}
  ${emergencySwitch(state)}
  ${deployment(state)}
  ${ways(state)}
  ${state.origins.map(origin)}
  ${database(state)}
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

function edge({ edge: { isReachable, traffic, users } }: ConsoleState): Html {
  const { perSecond, hitShare, refusedShare, originMs, series, routes, reasons } = traffic
  return html`<section>
    <h2>Edge ${isReachable ? '' : html`<span class="bad">does not answer</span>`}</h2>
    <dl>
      ${figure('answers/s', perSecond.toFixed(1))}
      ${figure('users, estimated', Math.round(users).toLocaleString('en-US'))}
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

/** The switch that edges read, its effect, and the command that changes it. */
function emergencySwitch({ place, switch: { position, until, refused, revocations } }: ConsoleState): Html {
  const isOn = position !== 'none'
  const stage = /^stage (\w+)$/.exec(place)?.[1]
  const command =
    stage === undefined
      ? 'npm run control -- shed background'
      : `npm run runbook -- emergency-shed --stage ${stage} --level background`
  return html`<section>
    <h2>Emergency switch</h2>
    <dl>
      ${figure('edges read', isOn ? `shed ${position}` : 'off', isOn)}
      ${until === undefined ? '' : figure('until', `${until.slice(11, 16)} UTC`)}
      ${figure('refused because of it', String(refused), refused > 0)}
      ${figure('revoked subjects and tokens', String(revocations))}
    </dl>
    <p class="muted">To turn it: <code>${command}</code></p>
  </section>`
}

function deployment({ deployment: state }: ConsoleState): Html {
  if (state === undefined) return html``
  return html`<section>
    <h2>Instances and versions</h2>
    ${table(
      ['group', 'in service', 'wanted', 'at most', 'instances by release'],
      state.groups.map(({ name, inService, desired, max, versions }) => [
        ...[name, String(inService), String(desired), String(max)],
        Object.entries(versions)
          .map(([version, count]) => `${version}: ${count}`)
          .join(', '),
      ]),
    )}
    ${table(
      ['version of the edge', 'share'],
      state.edgeVersions.map(({ id, percent: share }) => [id.slice(0, 8), `${share} %`]),
    )}
  </section>`
}

const ways = ({ ways: all }: ConsoleState): Html =>
  all.length === 0
    ? html``
    : html`<section>
    <h2>Way to the origins</h2>
    ${all.map(({ name, isOpen }) => html`<p class="${isOpen ? '' : 'bad'}">${name} ${isOpen ? 'carries' : 'does not carry'}</p>`)}
  </section>`

function database({ database: signs, origins }: ConsoleState): Html {
  const used = origins.reduce((sum, { pool }) => sum + pool.inUse, 0)
  const open = origins.reduce((sum, { pool }) => sum + pool.size, 0)
  const busy = signs?.busyPercent
  return html`<section>
    <h2>Database</h2>
    <dl>
      ${figure('in use, in pools', `${used} / ${open}`)}
      ${
        signs === undefined
          ? ''
          : html`${figure('connections, budget', `${signs.connections ?? '–'} / ${signs.connectionsBudget}`, (signs.connections ?? 0) > signs.connectionsBudget)}
      ${figure('busiest instance', busy === undefined ? '–' : `${busy.toFixed(0)} %`, (busy ?? 0) > 80)}
      ${figure('last failover', signs.failoverAt === undefined ? 'none in an hour' : `${signs.failoverAt.slice(11, 16)} UTC`)}`
      }
    </dl>
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
    ${table(
      ['refused because of', 'requests'],
      Object.entries(signs.shed).map(([reason, count]) => [reason, String(count)]),
    )}
  </section>`
}

const issuers = ({ issuers: all }: ConsoleState): Html => html`<section>
    <h2>Token issuers</h2>
    ${all.map(({ name, isReachable }) => html`<p class="${isReachable ? '' : 'bad'}">${name} ${isReachable ? 'answers' : 'does not answer'}</p>`)}
  </section>`

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
