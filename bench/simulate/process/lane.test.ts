import { describe, expect, it } from 'vitest'
import { Lane } from './lane.ts'

const rules = { itemsMax: 4, inflightMax: 2, overlapItems: 3, patienceMs: 10 }

describe('a lane', () => {
  it('sends a lone item at once, and holds the next until it is back', () => {
    const lane = new Lane<string>(rules)
    lane.add('a', 'normal', 0, 1_000)
    expect(lane.depart(0)).toEqual(['a'])
    lane.add('b', 'normal', 1, 1_000)
    lane.add('c', 'normal', 2, 1_000)
    expect(lane.depart(2)).toBeUndefined()
    lane.returned(1, 3, 0)
    expect(lane.depart(3)).toEqual(['b', 'c'])
  })

  it('sends a further batch beside it when many wait, or one waits long, and never a third', () => {
    const lane = new Lane<number>(rules)
    lane.add(0, 'normal', 0, 1_000)
    lane.depart(0)
    for (const item of [1, 2, 3]) lane.add(item, 'normal', 1, 1_000)
    expect(lane.depart(1)).toEqual([1, 2, 3])
    for (const item of [4, 5, 6]) lane.add(item, 'normal', 2, 1_000)
    expect(lane.depart(100)).toBeUndefined()
    lane.returned(1, 101, 0)
    expect(lane.depart(101)).toEqual([4, 5, 6])
    lane.returned(3, 102, 0)
    lane.add(7, 'normal', 102, 1_000)
    expect([lane.depart(111), lane.depart(112)]).toEqual([undefined, [7]])
  })

  it('fills a batch to its maximum', () => {
    const lane = new Lane<number>(rules)
    for (const item of [1, 2, 3, 4, 5]) lane.add(item, 'normal', 0, 1_000)
    expect(lane.depart(0)).toEqual([1, 2, 3, 4])
  })

  it('sends the more important items first, and equal ones in order of arrival', () => {
    const lane = new Lane<string>({ ...rules, itemsMax: 2 })
    for (const item of ['normal 1', 'normal 2']) lane.add(item, 'normal', 0, 1_000)
    lane.add('background', 'background', 0, 1_000)
    lane.add('critical', 'critical', 1, 1_000)
    expect(lane.depart(1)).toEqual(['critical', 'normal 1'])
    lane.returned(2, 2, 0)
    expect(lane.depart(2)).toEqual(['normal 2', 'background'])
  })

  it('counts the wait of the oldest item, however important', () => {
    const lane = new Lane<string>(rules)
    lane.add('first', 'normal', 0, 1_000)
    lane.depart(0)
    lane.add('old', 'background', 1, 1_000)
    lane.add('new', 'critical', 10, 1_000)
    expect([lane.depart(10), lane.depart(11)]).toEqual([undefined, ['new', 'old']])
  })

  it('waits a moment for the callers of a large batch', () => {
    const lane = new Lane<number>({ ...rules, gathering: { delayMs: 5, siblingsMin: 2 } })
    for (const item of [1, 2]) lane.add(item, 'normal', 0, 1_000)
    lane.depart(0)
    lane.add(3, 'normal', 1, 1_000)
    lane.returned(2, 10, 0)
    expect(lane.depart(10)).toBeUndefined()
    for (const item of [4, 5]) lane.add(item, 'normal', 12, 1_000)
    expect(lane.depart(12)).toEqual([3, 4, 5])
    lane.returned(3, 20, 0)
    lane.add(6, 'normal', 21, 1_000)
    expect([lane.depart(24), lane.depart(25)]).toEqual([undefined, [6]])
    lane.returned(1, 30, 0)
    lane.add(7, 'normal', 30, 1_000)
    expect(lane.depart(30)).toEqual([7])
  })

  it('refuses an item that would take too much of its time, where recent batches filled it', () => {
    const shares = { critical: 1, normal: 0.5, background: 0.2 }
    const lane = new Lane<string>({ ...rules, itemsMax: 1, inflightMax: 1, expectedShareMax: shares })
    // The mean of the batches rises to 100 ms.
    for (let start = 0; start < 10_000; start += 100) {
      lane.add('before', 'normal', start, 1_000)
      lane.depart(start)
      lane.returned(1, start + 100, start)
    }
    expect(lane.add('room', 'background', 10_000, 1)).toBe(true)
    lane.depart(10_000)
    // Half of the batch in flight, then its own: 150 ms.
    expect(lane.add('too long', 'normal', 10_000, 290)).toBe(false)
    expect(lane.add('short enough', 'normal', 10_000, 310)).toBe(true)
    // One goes before it, too: 250 ms.
    expect(lane.add('less important', 'background', 10_000, 1_200)).toBe(false)
    expect(lane.add('most important', 'critical', 10_000, 160)).toBe(true)
  })

  it('drops items past their deadline', () => {
    const lane = new Lane<number>(rules)
    for (const item of [1, 2, 3]) lane.add(item, 'normal', 0, 1_000)
    expect(lane.expire((item) => item < 3)).toEqual([1, 2])
    expect(lane.depart(0)).toEqual([3])
  })
})
