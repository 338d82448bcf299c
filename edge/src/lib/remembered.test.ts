import { expect, it } from 'vitest'
import { remembered } from './remembered.ts'

function counted(): { readonly asked: string[]; readonly lengthOf: (text: string) => number } {
  const asked: string[] = []
  const compute = (text: string): number => {
    asked.push(text)
    return text.length
  }
  return { asked, lengthOf: remembered(compute, { countMax: 2, lengthMax: 4 }) }
}

it('computes the result for a text once', () => {
  const { asked, lengthOf } = counted()
  expect([lengthOf('a'), lengthOf('a'), lengthOf('bb'), lengthOf('a')]).toEqual([1, 1, 2, 1])
  expect(asked).toEqual(['a', 'bb'])
})

it('remembers an absent result as well', () => {
  let asked = 0
  const none = remembered(
    () => {
      asked += 1
      return undefined
    },
    { countMax: 2, lengthMax: 4 },
  )
  expect([none('a'), none('a'), asked]).toEqual([undefined, undefined, 1])
})

it('keeps two generations of texts and forgets older ones', () => {
  const { asked, lengthOf } = counted()
  for (const text of ['a', 'b', 'c', 'd', 'a', 'e']) lengthOf(text)
  expect(asked).toEqual(['a', 'b', 'c', 'd', 'e'])
  lengthOf('a')
  expect(asked).toEqual(['a', 'b', 'c', 'd', 'e', 'a'])
})

it('computes a long text each time', () => {
  const { asked, lengthOf } = counted()
  expect([lengthOf('longer'), lengthOf('longer')]).toEqual([6, 6])
  expect(asked).toEqual(['longer', 'longer'])
})
