import { expect, it } from 'vitest'
import { RandomIds } from './random-ids.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

it('makes unique version 4 UUIDs across several random prefixes', () => {
  const ids = new RandomIds()
  const made = Array.from({ length: 70_000 }, () => ids.next())
  expect(made.filter((id) => !uuid.test(id))).toEqual([])
  expect(new Set(made).size).toBe(made.length)
})
