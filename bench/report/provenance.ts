import { noCheckout } from '../measure/commit.ts'
import type { Result } from '../measure/result.ts'
import { type Html, html } from './html.ts'

/** Provenance of figures: command, commit, date, machine, versions, settings. */
export function provenance(result: Result): Html {
  const { command, startedAt, seconds, machine, versions, settings } = result
  const list = (values: Readonly<Record<string, string | number | boolean>>) =>
    Object.entries(values).map(([name, value]) => html`<li>${name} ${String(value)}</li>`)
  return html`<details class="how"><summary><code>${command}</code>, ${versions.commit ?? noCheckout}, ${startedAt.slice(0, 10)}, ${machine.cores} × ${machine.cpu}</summary>
<p>${startedAt}, ${Math.round(seconds)} s. ${machine.memoryGiB} GiB, ${machine.system}.</p>
<h4>Versions</h4><ul class="inline">${list(versions)}</ul><h4>Settings</h4><ul class="inline">${list(settings)}</ul></details>`
}
