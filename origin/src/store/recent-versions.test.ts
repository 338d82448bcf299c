import { expect, it } from 'vitest'
import { RecentVersions } from './recent-versions.ts'

it('who was waiting to replace a version older than the one just written has lost', () => {
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

it('who comes after the write is not judged by it: the document may have been deleted since', () => {
  const versions = new RecentVersions()
  versions.note('a', 5, 10)
  expect(versions.verdict('a', 4, 10)).toBeUndefined()
})

it('forgets the oldest when there are too many', () => {
  const versions = new RecentVersions(2)
  for (const id of ['a', 'b', 'a', 'c']) versions.note(id, 9, 10)
  expect(['a', 'b', 'c'].map((id) => versions.verdict(id, 1, 0))).toEqual([
    'versionConflict',
    undefined,
    'versionConflict',
  ])
})
