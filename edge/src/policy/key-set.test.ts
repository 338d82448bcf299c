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
  it('makes one fetch of many refreshes at once', async () => {
    await Promise.all([keySet.refresh(), keySet.refresh(), keySet.refresh()])
    expect([fetches, found('a')]).toEqual([1, 'a'])
  })

  it('is due ahead of need, and not again before the cool-down is over', async () => {
    await keySet.refresh()
    expect(keySet.isDue(nowMs + times.freshMs - 1)).toBe(false)
    nowMs += times.freshMs
    expect([keySet.isDue(nowMs), found('a')]).toEqual([true, 'a'])
    down = true
    await keySet.refresh()
    expect(keySet.isDue(nowMs)).toBe(false)
    expect(keySet.isDue(nowMs + times.coolDownMs)).toBe(true)
  })

  it('is fetched once per cool-down, however many unknown kids ask', async () => {
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

  it('survives an outage with what it had, for a stated time', async () => {
    await keySet.refresh()
    down = true
    nowMs += times.usableMs - 1
    await keySet.refresh()
    expect([failures, found('a')]).toEqual([1, 'a'])
    nowMs += 1
    expect([found('a'), keySet.isUsable(nowMs)]).toEqual([undefined, false])
  })

  it('is tried again soon where it has never been had, and no sooner', async () => {
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

  it('retires the keys that leave, and those that change under one name, and no others', async () => {
    await keySet.refresh()
    const [a, b] = [keySet.find('a', 'ES256', nowMs), keySet.find('b', 'ES256', nowMs)]
    published = [key('a'), key('b', { x: 'other' })]
    nowMs += times.coolDownMs
    await keySet.refresh()
    expect([a?.retired, b?.retired]).toEqual([false, true])
    expect(keySet.find('a', 'ES256', nowMs)).toBe(a)
    expect(keySet.find('b', 'ES256', nowMs)).not.toBe(b)
  })

  it('starts anew when a flight never lands', async () => {
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

  it('keeps no private member', async () => {
    published = [key('a', { d: 'secret' })]
    await keySet.refresh()
    expect(JSON.stringify(keySet.find('a', 'ES256', nowMs)?.jwk)).not.toContain('secret')
  })
})
