import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Deadline } from './deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('calls the last registered callback when it passes', () => {
  const late: string[] = []
  const deadline = new Deadline(1_100, 1_000)
  deadline.watch(() => late.push('body'))
  deadline.watch(() => late.push('header'))
  vi.advanceTimersByTime(99)
  expect(late).toEqual([])
  vi.advanceTimersByTime(1)
  expect(late).toEqual(['header'])
})

it('calls a callback at once when it has passed', () => {
  const late: string[] = []
  const deadline = new Deadline(900, 1_000)
  vi.advanceTimersByTime(0)
  deadline.watch(() => late.push('header'))
  expect(late).toEqual(['header'])
})

it('does not call a released callback', () => {
  const late: string[] = []
  const deadline = new Deadline(1_100, 1_000)
  deadline.watch(() => late.push('header'))
  deadline.release()
  vi.advanceTimersByTime(200)
  expect(late).toEqual([])
})
