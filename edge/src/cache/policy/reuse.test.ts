import { describe, expect, test } from 'vitest'
import { answerPolicy } from './answer-policy.ts'
import { noRequestControl, requestControl } from './request-control.ts'
import { type Failure, mayStandIn, type Reuse, reuse } from './reuse.ts'
import { apiRules, passThroughRules } from './rules.ts'

const receivedAtMs = Date.UTC(2026, 0, 1)

const policy = (cacheControl: string, fields: Record<string, string> = {}, rules = passThroughRules) =>
  answerPolicy(
    {
      status: 200,
      headers: new Headers({ 'cache-control': cacheControl, ...fields }),
      requestedAtMs: receivedAtMs,
      receivedAtMs,
    },
    rules,
  )

const later = (seconds: number) => receivedAtMs + seconds * 1000

describe('reuse (RFC 9111 §4)', () => {
  test.each<[string, number, Reuse]>([
    ['max-age=10', 0, 'fresh'],
    ['max-age=10', 9, 'fresh'],
    ['max-age=10', 10, 'validate'],
    ['max-age=10, no-cache', 0, 'validate'],
    ['max-age=10, no-cache="a"', 0, 'fresh'],
    ['max-age=10, stale-while-revalidate=5', 14, 'stale-while-revalidate'],
    ['max-age=10, stale-while-revalidate=5', 15, 'validate'],
    ['max-age=10, stale-while-revalidate=5, must-revalidate', 12, 'validate'],
    ['s-maxage=10, stale-while-revalidate=5', 12, 'validate'],
  ])('%s after %i s: %s', (cacheControl, seconds, expected) => {
    expect(reuse(policy(cacheControl), later(seconds))).toBe(expected)
  })

  test('counts the age that an answer came with (§4.2.3)', () => {
    expect(reuse(policy('max-age=10', { age: '8' }), later(2))).toBe('validate')
  })
})

describe('request directives (RFC 9111 §5.2.1)', () => {
  test.each<[string, string, number, Reuse]>([
    ['no-cache', 'max-age=10', 1, 'validate'],
    ['max-age=0', 'max-age=10', 1, 'validate'],
    ['max-age=5', 'max-age=10', 4, 'fresh'],
    ['min-fresh=5', 'max-age=10', 4, 'fresh'],
    ['min-fresh=5', 'max-age=10', 6, 'validate'],
    ['max-stale', 'max-age=10', 9999, 'max-stale'],
    ['max-stale=5', 'max-age=10', 14, 'max-stale'],
    ['max-stale=5', 'max-age=10', 15, 'validate'],
    ['max-stale=5', 'max-age=10, must-revalidate', 11, 'validate'],
  ])('%s of %s after %i s: %s', (asked, answered, seconds, expected) => {
    expect(reuse(policy(answered), later(seconds), requestControl(asked))).toBe(expected)
  })

  test('without any, an answer is judged by itself', () => {
    expect(reuse(policy('max-age=10'), later(1), noRequestControl)).toBe('fresh')
  })
})

describe('standing in for a failed answer (RFC 5861 §4, RFC 9111 §4.2.4)', () => {
  test.each<[string, Failure, number, boolean]>([
    ['max-age=10, stale-if-error=5', 'error-answer', 14, true],
    ['max-age=10, stale-if-error=5', 'error-answer', 15, false],
    ['max-age=10, stale-while-revalidate=5', 'error-answer', 14, true],
    ['max-age=10', 'error-answer', 11, false],
    ['max-age=10', 'disconnected', 11, true],
    ['max-age=10', 'disconnected', 10 + 3600, false],
    ['max-age=10, stale-if-error=0', 'disconnected', 11, false],
    ['max-age=10, must-revalidate', 'disconnected', 11, false],
    ['max-age=10, proxy-revalidate, stale-if-error=5', 'error-answer', 11, false],
    ['s-maxage=10, stale-if-error=5', 'error-answer', 11, false],
    ['no-cache, stale-if-error=5', 'error-answer', 1, false],
  ])('%s, %s after %i s: %s', (cacheControl, failure, seconds, expected) => {
    expect(mayStandIn(policy(cacheControl), failure, later(seconds))).toBe(expected)
  })

  test("API mode serves stale answers only with the origin's permission", () => {
    expect(mayStandIn(policy('max-age=10', {}, apiRules), 'disconnected', later(11))).toBe(false)
  })
})
