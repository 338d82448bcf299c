import { expect, test } from 'vitest'
import { exchange } from './history.ts'
import { tamperFor } from './plant.ts'

test('a planted stale read is the first answer that was given', () => {
  const tamper = tamperFor('stale')
  const shown = Array.from({ length: 12 }, (_, index) =>
    tamper(exchange({}), { status: 200, version: index + 1, isReplayed: false }),
  )
  expect(shown.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 12])
})

test('a planted lie tells a writer that nothing was done', () => {
  const tamper = tamperFor('lie')
  const told = Array.from({ length: 10 }, () =>
    tamper(exchange({ operation: 'put' }), { status: 200, isReplayed: false }),
  )
  expect(told.map(({ status }) => status)).toEqual([...Array(9).fill(200), 503])
})
