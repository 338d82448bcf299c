import { describe, expect, it } from 'vitest'
import { AdmissionQueue, type Waiting } from './admission-queue.ts'

const options = { lengthMax: 3, calmWaitMs: 100, overloadedWaitMs: 20, serviceMs: 5 }
const normal = (sinceMs: number, deadlineMs = 10_000): Waiting => ({
  priority: 'normal',
  sinceMs,
  deadlineMs,
})
const critical = (sinceMs: number): Waiting => ({ priority: 'critical', sinceMs, deadlineMs: 10_000 })
const background = (sinceMs: number): Waiting => ({ priority: 'background', sinceMs, deadlineMs: 10_000 })

function take(queue: AdmissionQueue<Waiting>, nowMs: number) {
  const shed: Waiting[] = []
  return { item: queue.next(nowMs, (item) => shed.push(item)), shed }
}

describe('who goes next', () => {
  it('the more important first, then first come first served', () => {
    const queue = new AdmissionQueue(options)
    const [early, late, vip] = [normal(0), normal(1), critical(2)]
    for (const item of [early, late, vip]) queue.offer(item, 2)
    expect([take(queue, 3).item, take(queue, 3).item, take(queue, 3).item]).toEqual([vip, early, late])
    expect(take(queue, 3).item).toBeUndefined()
  })

  it('the newest, once the queue has not run empty for its calm wait; the rest has waited too long', () => {
    const queue = new AdmissionQueue({ ...options, lengthMax: 10 })
    queue.offer(normal(0), 0)
    const [old, new1, new2] = [normal(50), normal(95), normal(99)]
    for (const item of [old, new1, new2]) queue.offer(item, 99)
    const { item, shed } = take(queue, 101)
    expect(item).toBe(new2)
    expect(shed).toHaveLength(2)
    expect(queue.length).toBe(1)
  })

  it('is calm again after it ran empty', () => {
    const queue = new AdmissionQueue(options)
    queue.offer(normal(0), 0)
    take(queue, 90)
    queue.offer(normal(150), 150)
    expect(queue.isOverloaded(151)).toBe(false)
    expect(take(queue, 200).item).toEqual(normal(150))
  })

  it('never one that cannot be answered in time', () => {
    const queue = new AdmissionQueue(options)
    queue.offer(normal(0, 14), 0)
    expect(take(queue, 10)).toEqual({ item: undefined, shed: [normal(0, 14)] })
  })
})

describe('when it is full', () => {
  it('puts out the least important for one that is more so', () => {
    const queue = new AdmissionQueue(options)
    for (const item of [background(0), normal(0), critical(0)]) expect(queue.offer(item, 0)).toBeUndefined()
    expect(queue.offer(critical(1), 1)).toEqual(background(0))
    expect(queue.offer(critical(2), 2)).toEqual(normal(0))
    expect(queue.offer(background(3), 3)).toEqual(background(3))
    expect(queue.length).toBe(3)
  })
})
