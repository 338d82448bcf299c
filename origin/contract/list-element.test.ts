import { describe, expect, it } from 'vitest'
import { listsElement } from './list-element.ts'

describe('the list has the element a', () => {
  it.each(['a', 'a,b', 'b, a', ' \ta\t ', 'b,,a,', 'aa,a', 'a a,a'])('%j', (list) =>
    expect(listsElement(list, 'a')).toBe(true),
  )
})

describe('the list lacks the element a', () => {
  it.each(['', 'aa', 'a a', 'b', 'ab,ba', 'a;q=1', ','])('%j', (list) =>
    expect(listsElement(list, 'a')).toBe(false),
  )
})
