import { describe, expect, it } from 'vitest'
import { LineBudget } from '../observe/line-budget.ts'
import { addressKey, callerKey, LocalQuota } from './local-quota.ts'

describe('local quota', () => {
  it('refuses requests over the quota until the window ends', () => {
    const quota = new LocalQuota({ limit: 2, periodSeconds: 10 })
    expect([0, 1, 2_500].map((nowMs) => quota.count('a', nowMs))).toEqual([undefined, undefined, 8])
    expect(quota.count('b', 2_500)).toBeUndefined()
    expect(quota.count('a', 10_000)).toBeUndefined()
  })

  it('foresees its verdict without counting', () => {
    const quota = new LocalQuota({ limit: 1, periodSeconds: 10 })
    expect([quota.foresee('a', 0), quota.foresee('a', 0)]).toEqual([undefined, undefined])
    quota.count('a', 0)
    expect([quota.foresee('a', 4_000), quota.foresee('b', 4_000)]).toEqual([6, undefined])
    expect(quota.foresee('a', 10_000)).toBeUndefined()
  })

  it("remembers the location's refusal until its window ends", () => {
    const quota = new LocalQuota(undefined)
    expect(quota.block('a', 4_000)).toBe(6)
    expect([quota.count('a', 4_001), quota.count('a', 9_999)]).toEqual([6, 1])
    expect(quota.count('a', 10_000)).toBeUndefined()
  })

  it('sends its numbers only if they are known', () => {
    expect(new LocalQuota(undefined).fields(3)).toEqual({})
    expect(new LocalQuota({ limit: 600, periodSeconds: 60 }).fields(3)).toEqual({
      'ratelimit-policy': '"caller";q=600;w=60',
      ratelimit: '"caller";r=0;t=3',
    })
  })
})

describe('the quota key', () => {
  it.each([
    ['1.2.3.4', 'address:1.2.3.4'],
    ['2001:db8:1:2:3:4:5:6', 'address:2001:db8:1:2'],
    ['2001:DB8:1:2::9', 'address:2001:db8:1:2'],
    ['2001:db8::1', 'address:2001:db8:0:0'],
    ['::1', 'address:0:0:0:0'],
    [null, 'address:unknown'],
  ])('%s: %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })

  it('never confuses a subject with an address', () => {
    expect(callerKey('address:1.2.3.4')).toBe('subject:address:1.2.3.4')
  })
})

describe('line budget', () => {
  it('writes a burst, then a fixed number per second, and reports suppressed lines', () => {
    const budget = new LineBudget({ perSecond: 2, burst: 3 })
    const at = (nowMs: number, lines: number): (number | undefined)[] =>
      Array.from({ length: lines }, () => budget.take(nowMs))
    expect(at(10_000, 5)).toEqual([0, 0, 0, undefined, undefined])
    expect(at(10_500, 2)).toEqual([2, undefined])
    budget.leaveOut(20)
    expect(at(60_000, 4)).toEqual([21, 0, 0, undefined])
  })
})
