import { expect, it } from 'vitest'
import { equalInConstantTime } from './constant-time.ts'

it.each([
  ['', '', true],
  ['abc', 'abc', true],
  ['abc', 'abd', false],
  ['abc', 'xbc', false],
  ['abc', 'ab', false],
  ['ab', 'abc', false],
  ['a', '\u0161', false],
])('%j and %j: %s', (secret, sent, expected) => {
  expect(equalInConstantTime(secret, sent)).toBe(expected)
})
