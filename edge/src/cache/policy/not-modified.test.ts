import { expect, test } from 'vitest'
import { confirms, validatorFields } from './not-modified.ts'

const stored = { etag: '"a"', lastModified: 'then', lastModifiedMs: 1, dateMs: 2, modifiedMs: 1 }

test.each<[Record<string, string>, boolean]>([
  [{}, true],
  [{ etag: '"a"' }, true],
  [{ etag: 'W/"a"' }, true],
  [{ etag: '"b"' }, false],
  [{ etag: '"a"', 'last-modified': 'now' }, true],
  [{ 'last-modified': 'then' }, true],
  [{ 'last-modified': 'now' }, false],
])('a 304 with %j speaks of the stored answer: %s (RFC 9111 §4.3.4)', (fields, expected) => {
  expect(confirms(new Headers(fields), stored)).toBe(expected)
})

test('validates by every validator there is (RFC 9111 §4.3.1)', () => {
  expect(validatorFields(stored)).toEqual([
    ['if-none-match', '"a"'],
    ['if-modified-since', 'then'],
  ])
  expect(validatorFields({ ...stored, etag: null, lastModified: null })).toEqual([])
})
