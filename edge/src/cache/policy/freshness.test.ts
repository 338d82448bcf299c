import { describe, expect, test } from 'vitest'
import { freshnessLifetime } from './freshness.ts'
import { responseControl } from './response-control.ts'
import { apiRules, passThroughRules } from './rules.ts'

const nowMs = Date.UTC(2026, 0, 1)
const at = (seconds: number) => new Date(nowMs + seconds * 1000).toUTCString()

const lifetime = (fields: Record<string, string>, status = 200, rules = passThroughRules) => {
  const headers = new Headers(fields)
  return freshnessLifetime({ status, headers, control: responseControl(headers, rules) }, rules, nowMs)
}

describe('explicit lifetime (RFC 9111 §4.2.1)', () => {
  test.each<[string, Record<string, string>, number]>([
    ['max-age', { 'cache-control': 'max-age=60' }, 60],
    ['s-maxage before max-age', { 'cache-control': 'max-age=60, s-maxage=9' }, 9],
    ['max-age before Expires', { 'cache-control': 'max-age=60', expires: at(-9) }, 60],
    ['Expires less Date', { expires: at(90), date: at(60) }, 30],
    ['Expires before Date', { expires: at(300), date: at(400) }, 0],
    ['Expires without a readable Date counts from now', { expires: at(10), date: 'foo' }, 10],
    ['an invalid Expires is in the past (§5.3)', { expires: '0' }, 0],
    [
      'a targeted field silences Expires (RFC 9213 §2.2)',
      { 'cdn-cache-control': 'public', expires: at(9) },
      0,
    ],
    ['an unreadable max-age is stale', { 'cache-control': 'max-age=1.5', expires: at(9) }, 0],
    ['an unreadable Age shortens nothing (§5.1)', { 'cache-control': 'max-age=60', age: 'old' }, 60],
  ])('%s', (_, fields, seconds) => {
    expect(lifetime(fields).seconds).toBe(seconds)
  })
})

describe('heuristic lifetime (RFC 9111 §4.2.2)', () => {
  const modified = { 'last-modified': at(-1000), date: at(0) }

  test.each<[string, Record<string, string>, number, number]>([
    ['a tenth of the time unchanged', modified, 200, 100],
    ['not longer than a day', { 'last-modified': at(-1e8), date: at(0) }, 200, 86_400],
    ['404 as well', modified, 404, 100],
    ['not for 403', modified, 403, 0],
    ['403 when marked public', { ...modified, 'cache-control': 'public' }, 403, 100],
    ['none without Last-Modified', { date: at(0) }, 200, 0],
    ['none with a Last-Modified in the future', { 'last-modified': at(9), date: at(0) }, 200, 0],
  ])('%s', (_, fields, status, seconds) => {
    expect(lifetime(fields, status)).toEqual({ seconds, explicit: false })
  })

  test('is off in API mode', () => {
    expect(lifetime(modified, 200, apiRules).seconds).toBe(0)
  })
})
