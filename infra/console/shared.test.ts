import { expect, it } from 'vitest'
import { shared } from './shared.ts'

it('makes one for all who ask meanwhile, and another when the last is too old', async () => {
  let nowMs = 0
  let made = 0
  const ask = shared(
    async () => ++made,
    1_000,
    () => nowMs,
  )
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
  nowMs = 999
  expect(await ask()).toBe(1)
  nowMs = 1_000
  expect(await ask()).toBe(2)
})

it('keeps no failure', async () => {
  let made = 0
  const ask = shared(
    async () => {
      made += 1
      if (made === 1) throw new Error('unreadable')
      return made
    },
    1_000,
    () => 0,
  )
  await expect(ask()).rejects.toThrow('unreadable')
  expect(await ask()).toBe(2)
})
