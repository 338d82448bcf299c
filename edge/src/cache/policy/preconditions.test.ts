import { expect, test } from 'vitest'
import { isNotModified } from './preconditions.ts'

const lastModified = 'Sun, 06 Nov 1994 08:49:37 GMT'
const later = 'Sun, 06 Nov 1994 08:49:38 GMT'
const earlier = 'Sun, 06 Nov 1994 08:49:36 GMT'
const lastModifiedMs = Date.parse(lastModified)
const stored = {
  etag: '"a"',
  lastModified,
  lastModifiedMs,
  dateMs: Date.parse('Sun, 06 Nov 1994 10:00:00 GMT'),
  modifiedMs: lastModifiedMs,
}

test.each<[string, string | null, string | null, boolean]>([
  ['the same tag', '"a"', null, true],
  ['a list with it', '"x", "a", "y"', null, true],
  ['a tag with a comma', '"x,a"', null, false],
  ['weak comparison', 'W/"a"', null, true],
  ['another tag', '"b"', null, false],
  ['any tag', '*', null, true],
  ['If-None-Match decides alone (RFC 9110 §13.1.3)', '"b"', later, false],
  ['modified then', null, lastModified, true],
  ['modified before', null, later, true],
  ['modified since', null, earlier, false],
  ['an equivalent RFC 850 date', null, 'Sunday, 06-Nov-94 08:49:37 GMT', true],
  ['no date', null, 'yesterday', false],
  ['no condition', null, null, false],
])('%s', (_, ifNoneMatch, ifModifiedSince, expected) => {
  expect(isNotModified(ifNoneMatch, ifModifiedSince, stored)).toBe(expected)
})

test('without Last-Modified the Date counts (RFC 9111 §4.3.2)', () => {
  const undated = { ...stored, lastModified: null, lastModifiedMs: undefined, modifiedMs: stored.dateMs }
  expect(isNotModified(null, later, undated)).toBe(false)
  expect(isNotModified(null, 'Sun, 06 Nov 1994 10:00:00 GMT', undated)).toBe(true)
})

test('without a date of modification If-Modified-Since is ignored (RFC 9110 §13.1.3)', () => {
  const undated = { ...stored, lastModified: null, lastModifiedMs: undefined, modifiedMs: undefined }
  expect(isNotModified(null, 'Sun, 06 Nov 2044 10:00:00 GMT', undated)).toBe(false)
  expect(isNotModified('"a"', null, undated)).toBe(true)
})
