import { expect, it } from 'vitest'
import { isTakenType } from './gate.ts'

const types = ['application/json']

it.each([
  ['application/json', true],
  ['Application/JSON', true],
  [' application/json ;', true],
  ['application/json;;', true],
  ['application/json; charset=utf-8', true],
  ['application/json ; CharSet = "UTF8" ; ', true],
  ['application/json; charset=utf-8; charset=utf-8', true],
  ['application/json; charset=latin1', false],
  ['application/json; charset', false],
  ['application/json; charset=utf-8=', false],
  ['application/json; v=2', false],
  ['application/json; x', false],
  ['text/json', false],
  ['', false],
])('accepts Content-Type %j: %s', (type, isTaken) => {
  expect(isTakenType(type, types)).toBe(isTaken)
})
