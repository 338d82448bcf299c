import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sloOf } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import { emptyEdge, type Signs } from '../why/signs.ts'
import { localBudgets, type ObservedBudgets, stageBudgets } from './observed-budgets.ts'
import { figures } from './page.ts'
import { consoleState } from './state.ts'

const slo = sloOf()
const signs: Signs = { edge: emptyEdge, origins: [], issuers: [], ways: [], control: [] }
const shown = (budgets: ObservedBudgets) =>
  String(figures(consoleState(signs, [], { place: 'this machine', nowMs: Date.now(), seconds: 60, budgets })))

const line = (answers: number, failed: number) => {
  const at = new Date(Date.now() - 60_000)
  const counts = { critical: { answers, failed, timed: answers - failed, slow: 0 } }
  const entry = { level: 'info', kind: 'totals', fromMs: at.getTime(), slo: counts }
  return `${at.toISOString()} ${JSON.stringify(entry)}\n`
}

it('are those of both logs of this machine, with what burns', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-budgets-'))
  try {
    const [older, newer, none] = ['edge.log.1', 'edge.log', 'none.log'].map((name) => join(folder, name))
    await writeFile(String(older), line(1_000, 0))
    await writeFile(String(newer), line(1_000, 40))
    const budgets = await localBudgets([String(older), String(newer), String(none)], slo)
    const text = shown(budgets)
    expect(text).toContain('<h2>Error budgets</h2>')
    expect(text).toContain(
      '<td>edge, critical: 99.9 % answered</td><td><span class="bad">overspent by 1900.0 %</span></td>',
    )
    expect(text).toContain(
      '<td>20.0</td><td><span class="bad">urgent (fast)</span></td><td>40</td><td>2,000</td>',
    )
    expect(text).toContain('<td>edge, critical: 99 % within 500 ms</td><td>100.0 % left</td>')
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('say that a tier counts nothing', async () => {
  expect(shown(await localBudgets([], slo))).toContain('edge: no answers are counted')
})

const row = (answers: number, failed: number) => {
  const start = Math.floor(Date.now() / 300_000) * 300
  return { priority: 'normal', start: String(start), answers, failed, timed: answers - failed, slow: 0 }
}

it('are those of both tiers of a stage, and one that cannot be read is named', async () => {
  const refusing = {
    send: () => Promise.reject(new Error('not authorized to perform cloudwatch:GetMetricData')),
  }
  const budgets = await stageBudgets(
    {
      stage: 'production',
      dataset: 'spillway_edge',
      analytics: async () => [row(500, 1)],
      metrics: refusing,
    },
    slo,
  )
  const text = shown(budgets)
  expect(text).toContain('edge, normal: ')
  expect(text).toContain('Not observed: error budgets of the origins: not authorized')
  expect(text).not.toContain('no request was refused or failed')
})
