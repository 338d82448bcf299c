import { expect, it } from 'vitest'
import { documentEtag, parseEtags } from './etag.ts'

it.each([
  ['"3"', [3]],
  ['"3", "4"', [3, 4]],
  ['W/"3"', [3]],
  ['"3","other"', [3]],
  ['"someone-else\'s"', []],
  ['"0"', []],
  ['""', []],
  ['"a,b", "3"', [3]],
  ['"3", , "4",', [3, 4]],
  ['*', 'any'],
  [' * ', 'any'],
  ['3', undefined],
  ['"3', undefined],
  ['"3" "4"', undefined],
  ['*, "3"', undefined],
  ['', undefined],
  [' , ', undefined],
  ['"a b"', undefined],
])('If-Match: %s', (value, versions) => {
  expect(parseEtags(value)).toEqual(versions)
})

it('reads what it writes', () => {
  expect(parseEtags(documentEtag(42))).toEqual([42])
})
