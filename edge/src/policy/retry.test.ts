import { describe, expect, it } from 'vitest'
import { isIdempotent, isWorthRetrying } from './retry.ts'
import { retryAfterSeconds } from './retry-after.ts'
import { RetryBudget } from './retry-budget.ts'

const failed = { number: 1, outcome: 'unreachable', isRepeatable: true, remainingMs: 900 } as const

describe('a retry', () => {
  it.each([
    ['a failed connection', {}, true],
    ['what may not be repeated', { isRepeatable: false }, false],
    ['a second time', { number: 2 }, false],
    ['without time left', { remainingMs: 49 }, false],
    ['a refusal', { outcome: 'refused' }, false],
    ['a timeout', { outcome: 'timeout' }, false],
    ['an answer', { outcome: 'accepted' }, false],
    ['for a client that has left', { outcome: 'abandoned' }, false],
  ] as const)('%s', (_name, change, expected) => {
    expect(isWorthRetrying({ ...failed, ...change })).toBe(expected)
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s may be repeated', (method) => {
    expect(isIdempotent(method)).toBe(true)
  })
  it.each(['POST', 'PATCH'])('%s may not', (method) => {
    expect(isIdempotent(method)).toBe(false)
  })
})

describe('retry budget', () => {
  it('adds at most a tenth, and one for the start', () => {
    const budget = new RetryBudget()
    let retries = 0
    for (let request = 0; request < 1_000; request += 1) {
      budget.earn()
      if (budget.spend()) retries += 1
    }
    expect(retries).toBe(101)
  })

  it('does not save up for a storm', () => {
    const budget = new RetryBudget()
    for (let request = 0; request < 100_000; request += 1) budget.earn()
    let retries = 0
    while (budget.spend()) retries += 1
    expect(retries).toBe(10)
  })
})

describe('Retry-After', () => {
  it.each([
    [1, 0.499, 1],
    [1, 0.5, 2],
    [1, 0.999, 2],
    [5, 0, 5],
    [5, 0.5, 8],
    [5, 0.999, 10],
    [0, 0, 1],
    [0.3, 0.999, 2],
  ])('%f s with %f of jitter', (base, random, seconds) => {
    expect(retryAfterSeconds(base, random)).toBe(seconds)
  })
})
