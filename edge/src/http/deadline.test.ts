import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Deadline } from './deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const watched = (deadline: Deadline): string[] => {
  const seen: string[] = []
  void deadline.passed.then(() => seen.push('passed'))
  return seen
}

it('passes at its time', async () => {
  const seen = watched(new Deadline(1_100, 1_000))
  await vi.advanceTimersByTimeAsync(99)
  expect(seen).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(seen).toEqual(['passed'])
})

it('passes at once when its time is over', async () => {
  const seen = watched(new Deadline(900, 1_000))
  await vi.advanceTimersByTimeAsync(0)
  expect(seen).toEqual(['passed'])
})

it('tells whoever asks after it has passed', async () => {
  const deadline = new Deadline(1_100, 1_000)
  await vi.advanceTimersByTimeAsync(100)
  expect(await deadline.passed).toBeUndefined()
})
