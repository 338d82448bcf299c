import { expect, it } from 'vitest'
import { RandomIds } from './random-ids.ts'

it('makes version 4 UUIDs, no two alike, beyond one pool of randomness', () => {
  const ids = new RandomIds()
  const made = Array.from({ length: 1_000 }, () => ids.next())
  for (const id of made)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(made).size).toBe(made.length)
})
