import { expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

it('gives a burst at once, and then its rate', () => {
  const bucket = new TokenBucket({ rate: 10, burst: 3 })
  const at = (nowMs: number) => bucket.take(nowMs) === undefined
  expect([at(0), at(0), at(0), at(0)]).toEqual([true, true, true, false])
  expect([at(99), at(100), at(100), at(200)]).toEqual([false, true, false, true])
  expect(bucket.left(10_000)).toBe(3)
})

it('says how long to wait, and when it is full', () => {
  const bucket = new TokenBucket({ rate: 0.5, burst: 2 })
  expect([bucket.left(0), bucket.take(0), bucket.left(0), bucket.take(0), bucket.left(0)]).toEqual([
    ...[2, undefined, 1, undefined, 0],
  ])
  expect(bucket.take(0)).toBe(2_000)
  expect(bucket.fullInSeconds(0)).toBe(4)
  expect(bucket.take(1_999)).toBe(1)
  expect(bucket.take(2_000)).toBeUndefined()
})

it.each([1, 3, 7, 333])('never gives more than burst + rate × time at a rate of %d', (rate) => {
  const bucket = new TokenBucket({ rate, burst: 5 })
  let given = 0
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 1) {
    while (bucket.take(nowMs) === undefined) given += 1
    expect(given).toBeLessThanOrEqual(5 + (rate * nowMs) / 1_000 + 1e-6)
  }
  expect(given).toBe(5 + rate * 10)
})

it('is not filled by a clock that is set back', () => {
  const bucket = new TokenBucket({ rate: 1, burst: 1 })
  expect(bucket.take(10_000)).toBeUndefined()
  expect(bucket.take(0)).toBeGreaterThan(0)
})
