import { html } from 'hono/html'

/** Markup whose values are escaped. */
export type Html = ReturnType<typeof html>

export const figure = (name: string, value: string, isBad = false): Html =>
  html`<div><dt>${name}</dt><dd class="${isBad ? 'bad' : ''}">${value}</dd></div>`

export const table = (head: readonly string[], rows: readonly (readonly (string | Html)[])[]): Html =>
  rows.length === 0
    ? html``
    : html`<div class="scroll" tabindex="0"><table>
        <tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr>
        ${rows.map((row) => html`<tr>${row.map((value) => html`<td>${value}</td>`)}</tr>`)}
      </table></div>`
