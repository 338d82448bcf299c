import { describe, expect, it } from 'vitest'
import { OpenBodies, shortBodies } from './open-bodies.ts'

const body = () => ({ isComplete: false })
const bodies = (countMax = 4) => new OpenBodies({ countMax, openMsMax: 1_000 })
const enter = (places: OpenBodies<{ isComplete: boolean }>, owners: readonly string[]) =>
  owners.map((owner) => places.enter(body(), owner, 0))

describe('open bodies', () => {
  it('has room for so many', () => {
    expect(enter(bodies(), ['a', 'b', 'c', 'd', 'e'])).toEqual([
      'entered',
      'entered',
      'entered',
      'entered',
      'full',
    ])
  })

  it('lets nobody hold more than are free', () => {
    expect(enter(bodies(), ['a', 'a', 'a', 'b', 'b', 'c', 'd'])).toEqual([
      'entered',
      'entered',
      'over-share',
      'entered',
      'over-share',
      'entered',
      'full',
    ])
  })

  it('has room for whole writes of one while another holds what it can get', () => {
    const places = new OpenBodies(shortBodies)
    const slow = enter(places, Array<string>(300).fill('slow'))
    expect(slow.filter((entry) => entry === 'entered')).toHaveLength(256)
    expect(enter(places, Array<string>(128).fill('whole'))).toEqual(Array(128).fill('entered'))
  })

  it('has room again when one is complete', () => {
    const places = bodies(2)
    const first = body()
    places.enter(first, 'a', 0)
    places.enter(body(), 'b', 0)
    first.isComplete = true
    expect(enter(places, ['c', 'd'])).toEqual(['entered', 'full'])
  })

  it('has room again when a later one is complete', () => {
    const places = bodies(2)
    const second = body()
    places.enter(body(), 'a', 0)
    places.enter(second, 'b', 0)
    second.isComplete = true
    expect(enter(places, ['c'])).toEqual(['entered'])
  })

  it('has room again as soon as one is left, once', () => {
    const places = bodies(2)
    const first = body()
    places.enter(first, 'a', 0)
    places.enter(body(), 'b', 0)
    places.leave(first)
    places.leave(first)
    expect(enter(places, ['a', 'c'])).toEqual(['entered', 'full'])
  })

  it('forgets what nobody is left to leave', () => {
    const places = bodies(2)
    enter(places, ['a', 'b'])
    expect(places.enter(body(), 'c', 1_000)).toBe('full')
    expect(places.enter(body(), 'c', 1_001)).toBe('entered')
  })
})
