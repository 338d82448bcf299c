import type { Result } from '../measure/result.ts'
import { figure } from '../measure/table.ts'
import { spreadOf } from './figures-of.ts'
import { type Html, html } from './html.ts'

/** Every figure of a result: median, and the range of its repetitions. */
export function figuresTable({ rows }: Result): Html {
  const metrics = [...new Set(rows.flatMap(({ metrics }) => Object.keys(metrics)))]
  const unitOf = (metric: string) => rows.find(({ metrics }) => metrics[metric])?.metrics[metric]?.unit ?? ''
  const cell = (row: Result['rows'][number], metric: string): Html => {
    const spread = spreadOf(row, metric)
    if (spread === undefined) return html`<td>–</td>`
    const { median, min, max, count } = spread
    if (count === 1) return html`<td>${figure(median)}</td>`
    return html`<td>${figure(median)}<small> ${figure(min)}–${figure(max)}</small></td>`
  }
  const repetitions = Math.max(
    0,
    ...rows.flatMap(({ metrics }) => Object.values(metrics).map(({ samples }) => samples.length)),
  )
  return html`<details><summary>All figures: medians of ${repetitions} repetition${repetitions === 1 ? '' : 's'}${repetitions > 1 ? ', and their range' : ''}</summary>
<div class="scroll"><table><thead><tr><th></th>${metrics.map((metric) => html`<th>${metric}<small> ${unitOf(metric)}</small></th>`)}</tr></thead><tbody>
${rows.map((row) => html`<tr><td>${row.subject}<small> ${row.case}</small></td>${metrics.map((metric) => cell(row, metric))}</tr>${(row.notes ?? []).map((note) => html`<tr><td colspan="${metrics.length + 1}"><small>${row.subject}: ${note}</small></td></tr>`)}`)}
</tbody></table></div></details>`
}
