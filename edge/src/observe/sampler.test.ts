import { expect, it } from 'vitest'
import { Sampler } from './sampler.ts'

it('picks every n-th event', () => {
  const sampler = new Sampler(3)
  expect(Array.from({ length: 7 }, () => sampler.picks())).toEqual([
    false,
    false,
    true,
    false,
    false,
    true,
    false,
  ])
})

it('picks every event at a rate of one', () => {
  const sampler = new Sampler(1)
  expect([sampler.picks(), sampler.picks()]).toEqual([true, true])
})
