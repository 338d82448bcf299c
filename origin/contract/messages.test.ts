import { describe, expect, it } from 'vitest'
import { anyone, owner, signedIn } from './access.ts'
import { clientCacheControl, edgeCacheControlValue, listTag, resolveCacheRule } from './cache-policy.ts'
import { parseTimeout } from './deadline.ts'
import { durationSeconds } from './duration.ts'
import { parseIdempotencyKey } from './idempotency-key.ts'
import { formatLoad, parseLoad } from './load.ts'
import { principalFromClaims } from './principal.ts'
import { problemBody, problemHeaders } from './problem.ts'
import { assertionClaims, principalOfAssertion } from './trust.ts'

describe('cache headers', () => {
  const options = { maxAge: '30s', staleWhileRevalidate: '5m', staleIfError: '1d' } as const

  it.each([
    [anyone, 'public, no-cache'],
    [signedIn, 'private, no-cache'],
    [owner('ownerId'), 'private, no-cache'],
  ])('tell clients to ask before each use', (read, expected) => {
    expect(clientCacheControl(resolveCacheRule(options, read))).toBe(expected)
  })

  it('tell the edge the lifetimes of the contract', () => {
    expect(edgeCacheControlValue(resolveCacheRule(options, anyone))).toBe(
      'max-age=30, stale-while-revalidate=300, stale-if-error=86400',
    )
    expect(edgeCacheControlValue(resolveCacheRule('none', anyone))).toBe('no-store')
  })

  it('never give lists of two subjects the same tag', () => {
    expect(listTag('trips', 'a,b')).toBe('trips:*:a%2Cb')
    expect(listTag('trips', 'a')).not.toBe(listTag('trips'))
  })
})

describe('durations', () => {
  it.each([
    ['30s', 30],
    ['5m', 300],
    ['2h', 7_200],
    ['1d', 86_400],
    ['0s', 0],
  ])('%s', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds)
  })
  it.each(['', '30', 's', '-1s', '1.5m', '1 s', '1w', '9999999999s'])('refuses %j', (text) => {
    expect(() => durationSeconds(text)).toThrow(RangeError)
  })
})

describe('Idempotency-Key', () => {
  it.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['', undefined],
    ['""', undefined],
    ['a b', undefined],
    ['"a', undefined],
    ['a\\"b', undefined],
    ['é', undefined],
    ['"a";p=1', 'a'],
    ['"a" ; p="b"', 'a'],
    ['"a"b', undefined],
    ['"a', undefined],
    ['a'.repeat(255), 'a'.repeat(255)],
    ['a'.repeat(256), undefined],
  ])('%j', (value, key) => {
    expect(parseIdempotencyKey(value)).toBe(key)
  })
})

describe('load signal', () => {
  it('is parsed as it was formatted', () => {
    const load = { utilization: 0.63, queueMs: 4, shed: 0.02 }
    expect(formatLoad(load)).toBe('u=0.63, q=4, s=0.020')
    expect(parseLoad(formatLoad(load))).toEqual(load)
  })
  it.each([
    undefined,
    null,
    '',
    'u=1',
    'u=NaN, q=1, s=0.000',
    'u=0.10, q=-1, s=0.000',
    'u=0.10, q=1, s=2.000',
  ])('refuses %j', (value) => {
    expect(parseLoad(value)).toBeUndefined()
  })
})

describe('timeout', () => {
  it.each([
    ['900', 900],
    ['0', 0],
    ['999999', 30_000],
    ['-1', undefined],
    ['1e3', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j', (value, timeoutMs) => {
    expect(parseTimeout(value)).toBe(timeoutMs)
  })
})

describe('principals', () => {
  it.each([
    ['scope as text', { sub: 'alice', scope: 'a b' }, { subject: 'alice', scopes: ['a', 'b'] }],
    ['scp as text', { sub: 'alice', scp: 'a b' }, { subject: 'alice', scopes: ['a', 'b'] }],
    ['scope as an array', { sub: 'alice', scope: ['a', 'b'] }, { subject: 'alice', scopes: ['a', 'b'] }],
    ['empty scope beside scp', { sub: 'alice', scope: '', scp: 'a' }, { subject: 'alice', scopes: ['a'] }],
    [
      'scopes in both claims, without duplicates',
      { sub: 'alice', scope: 'a b', scp: ['b', 'c'] },
      { subject: 'alice', scopes: ['a', 'b', 'c'] },
    ],
    [
      'scope with a space is ignored',
      { sub: 'alice', scp: ['places:write admin', 'a'] },
      { subject: 'alice', scopes: ['a'] },
    ],
    ['scopes as an array', { sub: 'alice', scp: ['a', 7] }, { subject: 'alice', scopes: ['a'] }],
    ['no scope', { sub: 'alice' }, { subject: 'alice', scopes: [] }],
    [
      'priority',
      { sub: 'job', spillway_priority: 'background' },
      { subject: 'job', scopes: [], priority: 'background' },
    ],
    ['unknown priority', { sub: 'job', spillway_priority: 'vip' }, { subject: 'job', scopes: [] }],
    ['no subject', { scope: 'a' }, undefined],
    ['empty subject', { sub: '' }, undefined],
    ['subject that is not a string', { sub: { $ne: '' } }, undefined],
    ['subject that is too long', { sub: 'a'.repeat(256) }, undefined],
  ])('%s', (_name, claims, principal) => {
    expect(principalFromClaims(claims)).toEqual(principal)
  })

  it('reach the origin unchanged', () => {
    const principal = { subject: 'alice', scopes: ['a', 'b'], priority: 'critical' } as const
    expect(principalOfAssertion(assertionClaims(principal))).toEqual(principal)
    expect(principalOfAssertion(assertionClaims(undefined))).toBeUndefined()
  })
})

describe('problems', () => {
  it('have the members of RFC 9457 and name the request', () => {
    const problem = { code: 'overloaded', detail: 'Too busy. Try again.', retryAfterSeconds: 0.2 } as const
    expect(problemBody(problem, '0b4e')).toEqual({
      type: '/problems/overloaded',
      title: 'Service overloaded',
      status: 503,
      detail: 'Too busy. Try again.',
      code: 'overloaded',
      retryable: true,
      instance: 'urn:uuid:0b4e',
      requestId: '0b4e',
    })
    expect(problemHeaders(problem)).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'retry-after': '1',
    })
  })
})
