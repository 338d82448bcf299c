import { describe, expect, it } from 'vitest'
import { compare, line } from './state.ts'

describe('a comparison', () => {
  it.each([
    ['nothing there', undefined, { a: 1 }, { kind: 'missing' }],
    ['the same', { a: 1, theirs: 2 }, { a: 1 }, { kind: 'same' }],
    ['a list in another order', { a: ['x', 'y'] }, { a: ['y', 'x'] }, { kind: 'same' }],
    [
      'a list with more',
      { a: ['x', 'y'] },
      { a: ['x'] },
      { kind: 'differs', differences: [{ setting: 'a', found: ['x', 'y'], wanted: ['x'] }] },
    ],
    [
      'a setting that is not set',
      {},
      { a: false },
      { kind: 'differs', differences: [{ setting: 'a', found: undefined, wanted: false }] },
    ],
    ['nothing wanted of what is there', {}, {}, { kind: 'same' }],
  ])('of %s', (_what, found, wanted, state) => {
    expect(compare(found, wanted)).toEqual(state)
  })

  it('is told with both values', () => {
    const state = compare({ to: ['a', 'b'] }, { to: ['a'], enabled: true })
    expect(line('mail', state)).toBe('~ mail: differs\n    to: a, b → a\n    enabled: not set → true')
  })
})
