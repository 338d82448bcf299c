import type { Priority } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { waitLineDefaults as defaults, type Waiter, WaitLine } from './wait-line.ts'

const anyPlace = (): boolean => true
const order = (priority: Priority = 'normal', more: { untilMs?: number; heldBytes?: number } = {}) => ({
  priority,
  untilMs: Number.POSITIVE_INFINITY,
  deadlineMs: Number.POSITIVE_INFINITY,
  heldBytes: 0,
  ...more,
})
const joined = (waiter: Waiter<string, string> | undefined): Waiter<string, string> => {
  if (waiter === undefined) throw new Error('no room')
  return waiter
}

describe('the wait queue', () => {
  it('calls by priority, then by arrival, and only if a slot is free', () => {
    const line = new WaitLine<string, string>()
    const [background, first, second, critical] = (
      ['background', 'normal', 'normal', 'critical'] as const
    ).map((priority) => joined(line.join('holder', order(priority), 0)))
    expect(line.take((priority) => priority === 'normal', 1)).toBe(first)
    expect(line.take(anyPlace, 1)).toBe(critical)
    expect(line.take(anyPlace, 1)).toBe(second)
    expect(line.take(anyPlace, 1)).toBe(background)
    expect(line.take(anyPlace, 1)).toBeUndefined()
  })

  it('tells a waiter its turn', async () => {
    const line = new WaitLine<string, string>()
    const waiter = joined(line.join('holder', order(), 0))
    expect(waiter.turn).toBeUndefined()
    line.take(anyPlace, 1)?.give('yours')
    await waiter.called
    expect(waiter.turn).toBe('yours')
  })

  it('does not call an expired waiter', () => {
    const line = new WaitLine<string, string>()
    line.join('holder', order('normal', { untilMs: 10 }), 0)
    const second = joined(line.join('holder', order(), 0))
    expect(line.take(anyPlace, 11)).toBe(second)
    expect(line.length).toBe(0)
  })

  it('is bounded in number and in bytes', () => {
    const line = new WaitLine<string, string>({ ...defaults, countMax: 3, bytesMax: 100 })
    const large = joined(line.join('holder', order('normal', { heldBytes: 90 }), 0))
    expect(line.join('holder', order('critical', { heldBytes: 20 }), 0)).toBeUndefined()
    joined(line.join('holder', order(), 0))
    joined(line.join('holder', order(), 0))
    expect(line.join('holder', order(), 0)).toBeUndefined()
    line.leave(large)
    line.leave(large)
    expect(line.length).toBe(2)
    joined(line.join('holder', order('normal', { heldBytes: 100 }), 0))
  })

  it('lets a burst wait, and bounds the wait once the queue has been non-empty for an interval', () => {
    const { intervalMs, standingMs, waitMs } = defaults
    const line = new WaitLine<string, string>()
    expect(joined(line.join('holder', order(), 0)).untilMs).toBe(waitMs)
    for (let nowMs = 200; nowMs <= intervalMs; nowMs += 200) joined(line.join('holder', order(), nowMs))
    expect(joined(line.join('holder', order(), intervalMs + 1)).untilMs).toBe(intervalMs + 1 + standingMs)
    // Each class counts by itself, and starts again once it was empty.
    expect(joined(line.join('holder', order('critical'), intervalMs + 1)).untilMs).toBe(
      intervalMs + 1 + waitMs,
    )
    while (line.take(anyPlace, intervalMs + 2) !== undefined);
    expect(joined(line.join('holder', order(), intervalMs + 2)).untilMs).toBe(intervalMs + 2 + waitMs)
  })

  it('refuses a waiter without enough time', () => {
    const line = new WaitLine<string, string>()
    expect(line.join('holder', order('normal', { untilMs: 5 }), 5)).toBeUndefined()
  })
})
