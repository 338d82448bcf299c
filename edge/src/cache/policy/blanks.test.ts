import { expect, test } from 'vitest'
import { listMembers, withoutBlanks } from './blanks.ts'

test.each([
  ['', ''],
  [' \t ', ''],
  ['a', 'a'],
  [' \ta b\t ', 'a b'],
  ['\u00a0a', '\u00a0a'],
])('%j without blanks is %j', (text, expected) => {
  expect(withoutBlanks(text)).toBe(expected)
})

test.each([
  ['', []],
  [' , ,', []],
  ['a', ['a']],
  [',a , b c,,d\t', ['a', 'b c', 'd']],
])('the members of %j are %j', (list, expected) => {
  expect(listMembers(list)).toEqual(expected)
})
