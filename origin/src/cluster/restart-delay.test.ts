import { expect, it } from 'vitest'
import { restartDelay } from './restart-delay.ts'

it('restarts at once after the first crash, then doubles the delay up to 15 s', () => {
  let crashes = 0
  const delays = Array.from({ length: 9 }, () => {
    const next = restartDelay(1_000, crashes)
    crashes = next.crashes
    return next.delayMs
  })
  expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
})

it('resets the delay once a worker has lived for a minute', () => {
  expect(restartDelay(60_000, 7)).toEqual({ delayMs: 0, crashes: 1 })
})
