import { expect, test } from 'vitest'
import { BackOff } from './back-off.ts'

const backOff = () => new BackOff({ countMax: 100, bytesMax: 100_000 })

test('doubles the pause after each consecutive failure, up to a minute', () => {
  const rests = backOff()
  let nowMs = 0
  const lengths: number[] = []
  for (let failure = 0; failure < 8; failure += 1) {
    rests.ended('a', nowMs, true)
    const startMs = nowMs
    while (rests.isResting('a', nowMs)) nowMs += 500
    lengths.push((nowMs - startMs) / 1000)
  }
  expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
})

test('resets after a success, and counts each key separately', () => {
  const rests = backOff()
  rests.ended('a', 0, true)
  rests.ended('a', 1_000, true)
  rests.ended('a', 1_000, false)
  expect(rests.isResting('a', 1_500)).toBe(false)
  rests.ended('a', 2_000, true)
  expect([rests.isResting('a', 2_999), rests.isResting('a', 3_000)]).toEqual([true, false])
  expect(rests.isResting('b', 2_500)).toBe(false)
})
