import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inTime } from './in-time.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('returns the result, and leaves no timer', async () => {
  expect(await inTime(Promise.resolve('done'), 100)).toBe('done')
  expect(vi.getTimerCount()).toBe(0)
})

test('stops waiting at the timeout, and ignores a later rejection', async () => {
  const { promise, reject } = Promise.withResolvers<string>()
  const waited = inTime(promise, 100)
  await vi.advanceTimersByTimeAsync(99)
  expect(await Promise.race([waited, 'waiting'])).toBe('waiting')
  await vi.advanceTimersByTimeAsync(1)
  expect(await waited).toBeUndefined()
  reject(new Error('too late to matter'))
  await vi.runAllTimersAsync()
})

test('rejects like the work, and leaves no timer', async () => {
  await expect(inTime(Promise.reject(new Error('refused')), 100)).rejects.toThrow('refused')
  expect(vi.getTimerCount()).toBe(0)
})
