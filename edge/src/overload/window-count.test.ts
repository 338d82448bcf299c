import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WindowCount } from './window-count.ts'

const options = { windowMs: 400, buckets: 4 }

it('expires one bucket at a time', () => {
  const count = new WindowCount(options)
  count.add(1, 1_000)
  count.add(2, 1_150)
  expect([1_399, 1_400, 1_499, 1_500].map((nowMs) => count.total(nowMs))).toEqual([3, 2, 2, 0])
})

it('is the sum over the last window', () => {
  const additions = fc.array(fc.record({ waitMs: fc.nat(900), amount: fc.integer({ min: -3, max: 9 }) }))
  fc.assert(
    fc.property(additions, (list) => {
      const count = new WindowCount(options)
      const seen: { readonly bucket: number; readonly amount: number }[] = []
      let nowMs = 5_000
      for (const { waitMs, amount } of list) {
        nowMs += waitMs
        const bucket = Math.floor(nowMs / 100)
        count.add(amount, nowMs)
        seen.push({ bucket, amount })
        const recent = seen.filter((addition) => addition.bucket > bucket - options.buckets)
        expect(count.total(nowMs)).toBe(recent.reduce((sum, addition) => sum + addition.amount, 0))
      }
    }),
  )
})

it('treats a clock that is set back as standing still', () => {
  const count = new WindowCount(options)
  count.add(1, 10_000)
  count.add(1, 2_000)
  expect(count.total(10_399)).toBe(2)
})

it('can be cleared', () => {
  const count = new WindowCount(options)
  count.add(5, 1_000)
  count.clear()
  expect(count.total(1_000)).toBe(0)
})
