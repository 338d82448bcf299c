import { expect, it } from 'vitest'
import { readFigures } from './edge-figures.ts'

it('reads numbers that are texts, as Analytics Engine sends those of 64 bits', () => {
  const rows = [{ version: 'a', requests: '2000', errors: '3', p99Ms: 80.5 }]
  expect(readFigures(rows)).toEqual(new Map([['a', { requests: 2_000, errors: 3, p99Ms: 80.5 }]]))
})

it.each([
  ['without a column', { version: 'a', requests: 1, errors: 0 }],
  ['of another kind', { version: 'a', requests: 'many', errors: 0, p99Ms: 1 }],
])('refuses a row %s', (_, row) => expect(() => readFigures([row])).toThrow('answers no figures'))
