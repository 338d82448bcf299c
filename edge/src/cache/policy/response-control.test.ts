import { describe, expect, test } from 'vitest'
import { responseControl } from './response-control.ts'
import { apiRules, passThroughRules } from './rules.ts'

const control = (fields: Record<string, string>, rules = passThroughRules) =>
  responseControl(new Headers(fields), rules)

describe('precedence (RFC 9213 §2.2)', () => {
  test('a valid targeted field replaces Cache-Control', () => {
    const read = control(
      { 'cdn-cache-control': 'max-age=30', 'cache-control': 'no-store, private' },
      apiRules,
    )
    expect(read).toMatchObject({ targeted: true, noStore: false, private: false, lifetimeSeconds: 30 })
  })

  test.each(['', 'max-age=30,', 'MAX-AGE=30', 'max-age="30"', 'max-age=30.0', 'max-age'])(
    'an invalid or empty one (%j) does not',
    (value) => {
      const read = control({ 'cdn-cache-control': value, 'cache-control': 'no-store' }, apiRules)
      expect(read).toMatchObject({ targeted: false, noStore: true })
    },
  )

  test('CDN-Cache-Control comes before Surrogate-Control', () => {
    const read = control({ 'surrogate-control': 'max-age=1', 'cdn-cache-control': 'max-age=2' })
    expect(read.lifetimeSeconds).toBe(2)
  })
})

describe('Surrogate-Control (W3C Edge Architecture 1.0 §2.2)', () => {
  test.each<[string, object]>([
    ['max-age=60', { targeted: true, lifetimeSeconds: 60 }],
    ['max-age=60+30', { lifetimeSeconds: 60, staleWhileRevalidateSeconds: 30 }],
    ['max-age=60;Spillway', { targeted: true, lifetimeSeconds: 60 }],
    ['max-age=60;another', { targeted: false, lifetimeSeconds: undefined }],
    ['no-store', { targeted: true, noStore: true }],
    ['content="ESI/1.0"', { targeted: false }],
  ])('%s', (value, expected) => {
    expect(control({ 'surrogate-control': value })).toMatchObject(expected)
  })

  test('is ignored in API mode', () => {
    expect(control({ 'surrogate-control': 'max-age=60' }, apiRules).targeted).toBe(false)
  })
})

describe('response directives (RFC 9111 §5.2.2)', () => {
  test.each<[string, object]>([
    ['max-age=5, s-maxage=9', { lifetimeSeconds: 9, hasSharedMaxAge: true, staleForbidden: true }],
    ['max-age=x', { lifetimeSeconds: 0 }],
    ['public', { lifetimeSeconds: undefined, public: true }],
    ['no-cache', { noCache: true, staleForbidden: true, withheldFields: new Set() }],
    ['no-cache="Set-Cookie, a"', { noCache: false, withheldFields: new Set(['set-cookie', 'a']) }],
    ['private="b"', { private: false, withheldFields: new Set(['b']) }],
    ['private="b", no-cache="c"', { withheldFields: new Set(['b', 'c']) }],
    ['private="b, Vary"', { private: true, withheldFields: new Set() }],
    ['no-cache="ETag"', { noCache: true, staleForbidden: true, withheldFields: new Set() }],
    ['private=" , "', { private: true }],
    ['private=""', { private: true }],
    ['must-revalidate', { staleForbidden: true, mustRevalidate: true }],
    ['proxy-revalidate', { staleForbidden: true, mustRevalidate: false }],
    [
      'stale-while-revalidate=3, stale-if-error=4',
      { staleWhileRevalidateSeconds: 3, staleIfErrorSeconds: 4 },
    ],
    ['stale-if-error=x', { staleIfErrorSeconds: undefined }],
  ])('%s', (value, expected) => {
    expect(control({ 'cache-control': value })).toMatchObject(expected)
  })
})
