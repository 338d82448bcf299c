import { describe, expect, it } from 'vitest'
import { operations } from './operations.ts'
import { usersAt } from './scenario.ts'
import { scenarios } from './scenarios.ts'

describe('users over time', () => {
  const scenario = {
    users: [
      { at: 10, users: 1_000 },
      { at: 20, users: 100_000 },
    ],
  }
  it.each([
    [0, 1_000],
    [10, 1_000],
    [15, 10_000],
    [20, 100_000],
    [99, 100_000],
  ])('at second %d there are %d', (second, users) => {
    expect(usersAt(scenario, second)).toBeCloseTo(users)
  })
})

it.each(scenarios)('$name runs forward, and its incidents lie within it', ({ users, incidents, seconds }) => {
  const times = users.map(({ at }) => at)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  for (const { at } of incidents) expect(at).toBeLessThan(seconds)
})

it('shares of operations add up to 1', () => {
  expect(operations.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
})
