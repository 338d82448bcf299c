import { expect, test } from 'vitest'
import { untilSetBack } from './until-set-back.ts'

let nowMs = 1_000_000
const makeOnce = () =>
  untilSetBack(
    (name: string) => ({ name }),
    () => nowMs,
  )

test('makes the value once, however far the clock goes on', () => {
  const value = makeOnce()
  const first = value('a')
  nowMs += 86_400_000
  expect(value('b')).toBe(first)
})

test('makes it anew after a clock that was wrong has been set back', () => {
  const value = makeOnce()
  const first = value('a')
  nowMs -= 4_000
  const second = value('b')
  expect(second).not.toBe(first)
  expect(value('c')).toBe(second)
})

test('keeps it where the clock is kept right by less than a second', () => {
  const value = makeOnce()
  const first = value('a')
  for (let step = 0; step < 5; step += 1) {
    nowMs -= 900
    expect(value('b')).toBe(first)
  }
})
