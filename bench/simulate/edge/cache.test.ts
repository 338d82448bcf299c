import { expect, it } from 'vitest'
import { EdgeCache } from './cache.ts'

const rule = {
  sharing: 'data-centre',
  objects: 1,
  zipf: 0,
  maxAgeSeconds: 9,
  staleWhileRevalidateSeconds: 90,
  staleIfErrorSeconds: 990,
} as const

it('splits requests into hits, refreshes behind them, and misses', () => {
  const { hit, refresh, miss, staleOnError } = new EdgeCache(rule).outcome(1)
  expect(hit).toBeCloseTo(99 / 100, 3)
  expect(hit - refresh).toBeCloseTo(9 / 10, 3)
  expect(hit + miss).toBe(1)
  // One in a hundred misses, and one in a thousand would find nothing at all.
  expect(staleOnError).toBeCloseTo(0.9, 2)
})

it('misses every request where nothing is stored', () => {
  expect(new EdgeCache(undefined).outcome(1_000)).toEqual({ hit: 0, refresh: 0, miss: 1, staleOnError: 0 })
})

it('has no ratio without requests', () => {
  expect(new EdgeCache(rule).outcome(0)).toMatchObject({ hit: 0, miss: 1 })
})
