import type { Result } from '../measure/result.ts'
import { figure } from '../measure/table.ts'
import { type Html, html } from './html.ts'

/** Table of every bar of every result, and whether it holds. */
export function barsTable(results: readonly Result[]): Html {
  const rows = results.flatMap(({ command, bars }) =>
    bars.map(
      ({ name, measured, holds, limit, pass, floor }) =>
        html`<tr class="${pass ? 'pass' : 'fail'}"><td>${name}</td><td>${pass ? 'pass' : 'fail'}</td><td>${figure(measured ?? Number.NaN)}</td><td>${holds} ${limit}</td><td>${floor === undefined ? '' : figure(floor ?? Number.NaN)}</td><td><code>${command}</code></td></tr>`,
    ),
  )
  return html`<div class="scroll"><table><thead><tr><th>bar</th><th></th><th>measured</th><th>limit</th><th>floor</th><th>command</th></tr></thead><tbody>${rows}</tbody></table></div>`
}
