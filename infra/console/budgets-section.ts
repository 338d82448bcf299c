import { html } from 'hono/html'
import type { Budget } from '../slo/budget.ts'
import { promiseOf, spanOf } from '../slo/report.ts'
import { type Html, table } from './markup.ts'
import type { ConsoleState } from './state.ts'

/** Budgets of each tier: what is left of the period's, and how fast it is spent. */
export const budgetsSection = ({ budgets: { days, tiers }, at }: ConsoleState): Html =>
  tiers.length === 0
    ? html``
    : html`<section class="budgets">
    <h2>Error budgets</h2>
    ${tiers.map(({ tier, budgets, sinceMs }) =>
      sinceMs === undefined
        ? html`<p class="muted">${tier}: no answers are counted</p>`
        : html`<p class="muted">${tier}: period of ${days} days, counts of the last ${spanOf(sinceMs, days, Date.parse(at))}. Burn: how many times faster than evenly in the last hour.</p>
      ${table(
        ['objective', 'budget', 'burn', 'alarm', 'bad', 'of'],
        budgets.map((budget) => rowOf(tier, budget)),
      )}`,
    )}
  </section>`

function rowOf(tier: string, budget: Budget): readonly (string | Html)[] {
  const { priority, bad, all, left, burn, rings } = budget
  const words = left < 0 ? `overspent by ${share(-left)}` : `${share(left)} left`
  return [
    `${tier}, ${priority}: ${promiseOf(budget)}`,
    left < 0 ? html`<span class="bad">${words}</span>` : words,
    burn.toFixed(1),
    rings === undefined ? 'none' : html`<span class="bad">${rings.severity} (${rings.name})</span>`,
    ...[bad, all].map((count) => Math.round(count).toLocaleString('en-US')),
  ]
}

const share = (value: number): string => `${(value * 100).toFixed(1)} %`
