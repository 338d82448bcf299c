import { describe, expect, it } from 'vitest'
import { deployedRules, production } from './rules.ts'
import type { Scenario } from './scenario.ts'
import { lostPercent, search, type Trials } from './search.ts'
import { candidates } from './search-space.ts'
import { createWorld } from './world.ts'

const quiet: Scenario = {
  name: 'quiet',
  title: '',
  seconds: 300,
  users: [{ at: 0, users: 1_000 }],
  incidents: [],
  settle: 0,
  dataCentres: 20,
}
const world = createWorld({ requests: 1_000, hasTunnel: false })
const trials = (users: number): Trials => ({
  trial: { scenario: { ...quiet, users: [{ at: 0, users }] }, world },
  day: { scenario: { ...quiet, users: [{ at: 0, users: users * 2 }] }, world },
  connectionsMax: 2_500,
})
const small = { ...deployedRules(production), name: 'small', instanceType: 'c7g.medium', processes: 1 }
const large = deployedRules(production)
const huge = { ...large, name: 'huge', min: 12 }

describe('the search', () => {
  it('takes the cheapest where none loses requests', () => {
    const [winner] = search([huge, large, small], trials(1_000))
    expect(winner?.rules.name).toBe('small')
  })

  it('takes rules that lose less where they cost little more', () => {
    const judged = search([huge, small, large], trials(400_000))
    expect(judged[0]?.rules).toBe(large)
    expect(lostPercent(judged.find(({ rules }) => rules === small) ?? (judged[0] as never))).toBeGreaterThan(
      1,
    )
  })

  it('refuses rules that break the budget', () => {
    const [only] = search([large], { ...trials(1_000), connectionsMax: 100 })
    expect(only?.misses).toEqual(['connections'])
  })
})

it('no candidate’s size exceeds the budget, and all differ', () => {
  const space = candidates(2_000)
  expect(new Set(space.map(({ name }) => name)).size).toBe(space.length)
  for (const { max, processes, min, warm } of space) {
    expect(max * processes).toBeLessThanOrEqual(48)
    expect(min + warm).toBeLessThanOrEqual(max)
  }
})
