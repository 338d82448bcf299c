import { type ConsoleState, consoleState } from '@spillway/infra/console/state'
import { budgetsOf } from '@spillway/infra/slo/budget'
import { calmOrigin, emptyEdge, type Signs } from '@spillway/infra/why/signs'
import { type SloCounts, sloOf } from '@spillway/origin/contract'

const nowMs = Date.parse('2027-01-01T03:00:00.000Z')

const origins = ['i-0a1b2c3d4e5f60001', 'i-0a1b2c3d4e5f60002', 'i-0a1b2c3d4e5f60003'].map((name) => ({
  ...calmOrigin,
  name,
  admitted: 41_000,
  shed: { busy: 120 },
  priorities: {
    critical: { admitted: 9_000, shed: 0 },
    normal: { admitted: 30_000, shed: 0 },
    background: { admitted: 2_000, shed: 120 },
  },
  pool: { size: 96, inUse: 96 },
  poolWaitSeconds: 0.31,
  batches: { commands: 2_000, callers: 14_000 },
  memoryBytes: 4.1e8,
}))

const signs: Signs = {
  edge: {
    ...emptyEdge,
    refusals: { 'shed-origin-load': 5_200 },
    routes: { 'shed-origin-load': ['/v2/places', '/v2/places/:id'] },
    since: { 'shed-origin-load': '2027-01-01T02:41:00.000Z' },
  },
  origins,
  issuers: [{ name: 'https://login.example.com', isReachable: true }],
  ways: [
    { name: 'tunnel 1', isOpen: true },
    { name: 'tunnel 2', isOpen: true },
  ],
  control: [{ name: 'shed', value: 'background', expiration: nowMs / 1_000 + 1_800 }],
  database: { busyPercent: 38, connections: 288, connectionsBudget: 2_496, failoverAt: undefined },
}

const lines = [4, 3, 2, 1].map((minute) => {
  const route = { answers: 60_000, hits: 54_000, refused: 1_300, forwarded: 4_700, originMs: 160_000 }
  const all = { ...route, answers: 120_000, hits: 108_000 }
  return {
    at: new Date(nowMs - minute * 60_000).toISOString(),
    entry: {
      kind: 'totals',
      fromMs: nowMs - minute * 60_000,
      all,
      routes: { '/v2/places': route, '/v2/places/:id': route },
      reasons: { 'shed-origin-load': 1_300 },
    },
  }
})

const slo = sloOf()

/** Budgets of a tier after ten days, with answers that failed in the last hour. */
function budgetsAfter(tier: string, failed: number) {
  const hours = Array.from({ length: 240 }, (_, hour) => {
    const counts: SloCounts = {
      answers: 400_000,
      failed: hour === 0 ? failed : 20,
      timed: 399_000,
      slow: 900,
    }
    return {
      fromMs: nowMs - (hour + 1) * 3_600_000,
      counts: { critical: counts, normal: counts, background: counts },
    }
  })
  return { tier, sinceMs: nowMs - 240 * 3_600_000, budgets: budgetsOf(hours, slo, nowMs) }
}

/** A stage as its sources report it, at a bad moment. */
export const exampleStage: ConsoleState = consoleState(signs, lines, {
  ...{ place: 'stage production', nowMs, seconds: 300, stepSeconds: 60 },
  budgets: {
    days: slo.days,
    tiers: [budgetsAfter('edge', 26_000), budgetsAfter('origin', 4_000)],
    blind: [],
  },
  deployment: {
    groups: [
      {
        name: 'spillway-origin-production',
        inService: 3,
        desired: 4,
        max: 12,
        versions: { '41': 2, '42': 1 },
      },
      { name: 'spillway-tunnel-production-1', inService: 2, desired: 2, max: 6, versions: { '12': 2 } },
      { name: 'spillway-tunnel-production-2', inService: 2, desired: 2, max: 6, versions: { '12': 2 } },
    ],
    edgeVersions: [
      { id: '3f0e8f7a-2c2c-4a53-8f3e-0a1b2c3d4e5f', percent: 90 },
      { id: '9b1d6c55-1f2a-4b7e-9c3d-5e6f7a8b9c0d', percent: 10 },
    ],
  },
})
