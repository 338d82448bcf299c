import { describe, expect, it } from 'vitest'
import { OpenBodies, shortBodies } from './open-bodies.ts'

const body = () => ({ isComplete: false })
const bodies = (countMax = 4) => new OpenBodies({ countMax, openMsMax: 1_000 })
const enter = (places: OpenBodies<{ isComplete: boolean }>, owners: readonly string[]) =>
  owners.map((owner) => places.enter(body(), owner, 0))

describe('open bodies', () => {
  it('holds a bounded number of bodies', () => {
    expect(enter(bodies(), ['a', 'b', 'c', 'd', 'e'])).toEqual([
      'entered',
      'entered',
      'entered',
      'entered',
      'full',
    ])
  })

  it('lets no owner hold more slots than are free', () => {
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

  it("admits one caller's writes while another holds its maximum", () => {
    const places = new OpenBodies(shortBodies)
    const slow = enter(places, Array<string>(300).fill('slow'))
    expect(slow.filter((entry) => entry === 'entered')).toHaveLength(256)
    expect(enter(places, Array<string>(128).fill('whole'))).toEqual(Array(128).fill('entered'))
  })

  it('frees the slot of a complete body', () => {
    const places = bodies(2)
    const first = body()
    places.enter(first, 'a', 0)
    places.enter(body(), 'b', 0)
    first.isComplete = true
    expect(enter(places, ['c', 'd'])).toEqual(['entered', 'full'])
  })

  it('frees the slot of a complete body behind an open one', () => {
    const places = bodies(2)
    const second = body()
    places.enter(body(), 'a', 0)
    places.enter(second, 'b', 0)
    second.isComplete = true
    expect(enter(places, ['c'])).toEqual(['entered'])
  })

  it('frees a slot exactly once when a body is left', () => {
    const places = bodies(2)
    const first = body()
    places.enter(first, 'a', 0)
    places.enter(body(), 'b', 0)
    places.leave(first)
    places.leave(first)
    expect(enter(places, ['a', 'c'])).toEqual(['entered', 'full'])
  })

  it('drops a body whose request was lost', () => {
    const places = bodies(2)
    enter(places, ['a', 'b'])
    expect(places.enter(body(), 'c', 1_000)).toBe('full')
    expect(places.enter(body(), 'c', 1_001)).toBe('entered')
  })
})
