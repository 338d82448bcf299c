import { RetryBudget } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { adviceAfter, isWorthRetrying, toldApart } from './retry.ts'
import { retryAfterSeconds } from './retry-after.ts'

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
})

describe('a second attempt of a write', () => {
  const bare = { ifMatch: null, idempotencyKey: null } as const
  it.each([
    ['create', {}, undefined],
    ['create', { idempotencyKey: 'k-1' }, 'by-key'],
    ['create', { idempotencyKey: 'not one key' }, undefined],
    ['create', { ifMatch: '"1"' }, undefined],
    ['batchCreate', { idempotencyKey: 'k-1' }, undefined],
    ['replace', {}, undefined],
    ['replace', { idempotencyKey: 'k-1' }, undefined],
    ['replace', { ifMatch: '"1"' }, 'by-version'],
    ['replace', { ifMatch: 'W/"1"' }, 'by-version'],
    ['replace', { ifMatch: '"1", "1"' }, 'by-version'],
    ['replace', { ifMatch: '"1.k2x9a7qf"' }, 'by-version'],
    ['replace', { ifMatch: '"1.k2x9a7qf", "1.other"' }, 'by-version'],
    ['replace', { ifMatch: '"1.k2x9a7qf", "2.k2x9a7qf"' }, undefined],
    ['replace', { ifMatch: '*' }, undefined],
    ['replace', { ifMatch: '"1", "2"' }, undefined],
    ['replace', { ifMatch: '1' }, undefined],
    ['patch', {}, undefined],
    ['patch', { idempotencyKey: 'k-1' }, undefined],
    ['patch', { ifMatch: '"1"', idempotencyKey: 'k-1' }, 'by-version'],
    ['patch', { ifMatch: '*', idempotencyKey: 'k-1' }, undefined],
    ['action', {}, undefined],
    ['action', { ifMatch: '"1"' }, undefined],
    ['action', { idempotencyKey: 'k-1' }, 'by-key'],
    ['delete', {}, undefined],
    ['delete', { ifMatch: '"7"' }, 'by-version'],
    ['delete', { ifMatch: '"7", "8"' }, undefined],
  ] as const)('of %s with %j is told from a write of its own %s', (operation, fields, expected) => {
    expect(toldApart({ operation, ...bare, ...fields })).toBe(expected)
  })

  it.each([
    ['create', { idempotencyKey: 'k-1' }, 'the same Idempotency-Key'],
    ['batchCreate', { idempotencyKey: 'k-1' }, 'the same Idempotency-Key'],
    ['action', { idempotencyKey: 'k-1' }, 'the same Idempotency-Key'],
    ['action', { ifMatch: '"1"' }, 'Read what the action changes'],
    ['create', {}, 'Check whether the document was created'],
    ['replace', { ifMatch: '"1"' }, 'the same If-Match'],
    ['replace', { ifMatch: '*' }, 'Read the document'],
    ['patch', { idempotencyKey: 'k-1' }, 'Read the document'],
    ['delete', {}, 'Read the document'],
  ] as const)('after a lost %s with %j is advised about by %j', (operation, fields, advice) => {
    expect(adviceAfter({ operation, ...bare, ...fields })).toContain(advice)
  })
})

describe('retry budget', () => {
  it('adds at most a tenth of the requests, and one initial retry', () => {
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
