import { expect, it } from 'vitest'
import { figure, table } from './table.ts'

it('aligns names left and figures right', () => {
  expect(
    table(
      ['what', 'CPU µs'],
      [
        ['Spillway', '117'],
        ['x', '1,006'],
      ],
    ),
  ).toBe(['what      CPU µs', '────────  ──────', 'Spillway     117', 'x          1,006'].join('\n'))
})

it.each([
  [1006.4, '1,006'],
  [12.34, '12.3'],
  [0.456, '0.46'],
  [Number.NaN, '–'],
])('writes %d as %s', (value, text) => expect(figure(value)).toBe(text))
