import { expect, it } from 'vitest'
import { formatRevision, parseRevision } from './representation-revision.ts'

it('is parsed as it was formatted', () => {
  const reported = { revision: 'k2x9a7qf', sinceMs: 1_764_363_600_123 }
  expect(formatRevision(reported)).toBe('k2x9a7qf; since=1764363600123')
  expect(parseRevision(formatRevision(reported))).toEqual(reported)
})

it.each([
  undefined,
  null,
  '',
  'k2x9a7qf',
  '; since=1',
  'K; since=1',
  'k; since=',
  'k; since=-1',
  'k; since=1; x',
])('refuses %j', (value) => {
  expect(parseRevision(value)).toBeUndefined()
})
