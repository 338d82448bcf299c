import { expect, it } from 'vitest'
import { RecentVersions } from './recent-versions.ts'

it('a waiting replacement of an older version than the one just written has lost', () => {
  const versions = new RecentVersions()
  versions.note('a', 5, 10)
  expect([4, 5, 6].map((expected) => versions.verdict('a', expected, 9))).toEqual([
    'versionConflict',
    undefined,
    undefined,
  ])
  expect(versions.verdict('b', 1, 9)).toBeUndefined()
  versions.note('a', 0, 20)
  expect(versions.verdict('a', 5, 19)).toBe('notFound')
})

it('a replacement that arrives after the write is not judged by it, because the document may have been deleted since', () => {
  const versions = new RecentVersions()
  versions.note('a', 5, 10)
  expect(versions.verdict('a', 4, 10)).toBeUndefined()
})

it('evicts the oldest entry beyond the limit', () => {
  const versions = new RecentVersions(2)
  for (const id of ['a', 'b', 'a', 'c']) versions.note(id, 9, 10)
  expect(['a', 'b', 'c'].map((id) => versions.verdict(id, 1, 0))).toEqual([
    'versionConflict',
    undefined,
    'versionConflict',
  ])
})
