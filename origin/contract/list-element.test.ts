import { describe, expect, it } from 'vitest'
import { listsElement } from './list-element.ts'

describe('an element stands in a list', () => {
  it.each(['a', 'a,b', 'b, a', ' \ta\t ', 'b,,a,', 'aa,a', 'a a,a'])('%j', (list) =>
    expect(listsElement(list, 'a')).toBe(true),
  )
})

describe('an element does not stand in a list', () => {
  it.each(['', 'aa', 'a a', 'b', 'ab,ba', 'a;q=1', ','])('%j', (list) =>
    expect(listsElement(list, 'a')).toBe(false),
  )
})
