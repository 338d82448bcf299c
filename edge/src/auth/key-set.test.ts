import type { JWK } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { KeySet, keySetTimes as times } from './key-set.ts'

const key = (kid: string, change: Partial<JWK> = {}): JWK => ({
  kty: 'EC',
  crv: 'P-256',
  x: `x-${kid}`,
  y: 'y',
  kid,
  ...change,
})

let nowMs: number
let published: readonly JWK[]
let fetches: number
let failures: number
let down: boolean
let keySet: KeySet

beforeEach(() => {
  nowMs = 1_000_000
  published = [key('a'), key('b')]
  fetches = 0
  failures = 0
  down = false
  keySet = new KeySet({
    ...times,
    now: () => nowMs,
    onFailure: () => {
      failures += 1
    },
    fetchKeys: async () => {
      fetches += 1
      if (down) throw new Error('down')
      return published
    },
  })
})

const found = (kid: string): string | undefined => keySet.find(kid, 'ES256', nowMs)?.kid

describe('key set', () => {
  it('collapses concurrent refreshes into one fetch', async () => {
    await Promise.all([keySet.refresh(), keySet.refresh(), keySet.refresh()])
    expect([fetches, found('a')]).toEqual([1, 'a'])
  })

  it('is due for refresh before it expires, and not again during the cooldown', async () => {
    await keySet.refresh()
    expect(keySet.isDue(nowMs + times.freshMs - 1)).toBe(false)
    nowMs += times.freshMs
    expect([keySet.isDue(nowMs), found('a')]).toEqual([true, 'a'])
    down = true
    await keySet.refresh()
    expect(keySet.isDue(nowMs)).toBe(false)
    expect(keySet.isDue(nowMs + times.coolDownMs)).toBe(true)
  })

  it('is fetched once per cooldown, however many tokens have an unknown kid', async () => {
    await keySet.refresh()
    for (let storm = 0; storm < 1_000; storm += 1) {
      nowMs += 29
      await keySet.refresh()
    }
    expect(fetches).toBe(1)
    nowMs += times.coolDownMs
    await keySet.refresh()
    expect(fetches).toBe(2)
  })

  it('keeps the last good set through an outage, for a bounded time', async () => {
    await keySet.refresh()
    down = true
    nowMs += times.usableMs - 1
    await keySet.refresh()
    expect([failures, found('a')]).toEqual([1, 'a'])
    nowMs += 1
    expect([found('a'), keySet.isUsable(nowMs)]).toEqual([undefined, false])
  })

  it('is retried after retryMs while there is no usable set', async () => {
    down = true
    await keySet.refresh()
    nowMs += times.retryMs - 1
    await keySet.refresh()
    expect(fetches).toBe(1)
    down = false
    nowMs += 1
    await keySet.refresh()
    expect([fetches, found('a')]).toEqual([2, 'a'])
  })

  it('retires only keys that leave the set or change under the same kid', async () => {
    await keySet.refresh()
    const [a, b] = [keySet.find('a', 'ES256', nowMs), keySet.find('b', 'ES256', nowMs)]
    published = [key('a'), key('b', { x: 'other' })]
    nowMs += times.coolDownMs
    await keySet.refresh()
    expect([a?.retired, b?.retired]).toEqual([false, true])
    expect(keySet.find('a', 'ES256', nowMs)).toBe(a)
    expect(keySet.find('b', 'ES256', nowMs)).not.toBe(b)
  })

  it('starts a new fetch when one never settles', async () => {
    const lost = new KeySet({
      ...times,
      now: () => nowMs,
      onFailure: () => {},
      fetchKeys: () => {
        fetches += 1
        return new Promise(() => {})
      },
    })
    void lost.refresh()
    nowMs += times.flightMs - 1
    void lost.refresh()
    expect(fetches).toBe(1)
    nowMs += 1
    void lost.refresh()
    expect(fetches).toBe(2)
  })

  it.each([
    ['a secret', key('a', { kty: 'oct' }), 'ES256'],
    ['a key for encryption', key('a', { use: 'enc' }), 'ES256'],
    ['a key that may only sign', key('a', { key_ops: ['sign'] }), 'ES256'],
    ['a key for another algorithm', key('a', { alg: 'ES384' }), 'ES256'],
    ['a key on another curve', key('a', { crv: 'P-384' }), 'ES256'],
    ['a key of another kind', key('a'), 'RS256'],
    ['a key of another kind', key('a'), 'HS256'],
    ['a key without a name', { ...key('a'), kid: undefined } as unknown as JWK, 'ES256'],
  ])('does not give %s', async (_name, jwk, algorithm) => {
    published = [jwk]
    await keySet.refresh()
    expect(keySet.find('a', algorithm, nowMs)).toBeUndefined()
  })

  it.each([
    ['key_ops is null', { key_ops: null }],
    ['key_ops is a number', { key_ops: 5 }],
    ['key_ops is an object', { key_ops: {} }],
    ['kty is missing', { kty: undefined }],
    ['kty is a number', { kty: 1 }],
    ['kid is a number', { kid: 7 }],
    ['alg is a list', { alg: ['ES256'] }],
    ['x is an object', { x: {} }],
    ['use is null', { use: null }],
  ])('passes over a key of which %s, and gives the others (RFC 7517 §5)', async (_name, change) => {
    published = [{ ...key('odd'), ...change } as unknown as JWK, key('a')]
    await keySet.refresh()
    expect([failures, found('a'), keySet.find('odd', 'ES256', nowMs)]).toEqual([0, 'a', undefined])
  })

  it.each([null, 5, 'key', [], true])('skips %j, which is no key', async (odd) => {
    published = [odd as unknown as JWK, key('a')]
    await keySet.refresh()
    expect([failures, found('a')]).toEqual([0, 'a'])
  })

  it('finds the only matching key for a token without kid (RFC 7515 §4.1.4)', async () => {
    published = [key('a'), { kty: 'RSA', kid: 'rsa', n: 'n', e: 'AQAB' }]
    await keySet.refresh()
    expect(keySet.find(undefined, 'ES256', nowMs)?.kid).toBe('a')
    expect(keySet.find(undefined, 'RS256', nowMs)?.kid).toBe('rsa')
    published = [{ ...key('a'), kid: undefined } as unknown as JWK]
    nowMs += times.coolDownMs
    await keySet.refresh()
    expect(keySet.find(undefined, 'ES256', nowMs)).toBeDefined()
  })

  it('finds no key for a token without kid when several match', async () => {
    await keySet.refresh()
    expect(keySet.find(undefined, 'ES256', nowMs)).toBeUndefined()
  })

  it.each([
    ['EdDSA', 'Ed25519'],
    ['Ed25519', 'EdDSA'],
    ['Ed25519', 'Ed25519'],
    [undefined, 'Ed25519'],
  ])('takes a key of algorithm %s for %s (RFC 9864 §2.2)', async (alg, algorithm) => {
    published = [{ kty: 'OKP', crv: 'Ed25519', kid: 'a', x: 'x', ...(alg !== undefined && { alg }) }]
    await keySet.refresh()
    expect(keySet.find('a', algorithm, nowMs)).toBeDefined()
    expect(keySet.find('a', 'ES256', nowMs)).toBeUndefined()
  })

  it('drops private members', async () => {
    published = [key('a', { d: 'secret' })]
    await keySet.refresh()
    expect(JSON.stringify(keySet.find('a', 'ES256', nowMs)?.jwk)).not.toContain('secret')
  })
})
