import { expect, it } from 'vitest'
import { documentEtag, parseEtags } from './etag.ts'

const bare = (version: number) => ({ version, revision: undefined })

it.each([
  ['"3.k2x9a7qf"', [{ version: 3, revision: 'k2x9a7qf' }]],
  [
    'W/"3.k2x9a7qf", "4.0"',
    [
      { version: 3, revision: 'k2x9a7qf' },
      { version: 4, revision: '0' },
    ],
  ],
  ['"3"', [bare(3)]],
  ['"3", "4"', [bare(3), bare(4)]],
  ['W/"3"', [bare(3)]],
  ['"3","other"', [bare(3)]],
  ['"someone-else\'s"', []],
  ['"0"', []],
  ['"03.k2x9a7qf"', []],
  ['"3."', []],
  ['"3.K2X9A7QF"', []],
  ['"3.k2x9a7qf.1"', []],
  ['".k2x9a7qf"', []],
  ['""', []],
  ['"a,b", "3"', [bare(3)]],
  ['"3", , "4",', [bare(3), bare(4)]],
  ['*', 'any'],
  [' * ', 'any'],
  ['3', undefined],
  ['"3', undefined],
  ['"3" "4"', undefined],
  ['*, "3"', undefined],
  ['', undefined],
  [' , ', undefined],
  ['"a b"', undefined],
])('If-Match: %s', (value, tags) => {
  expect(parseEtags(value)).toEqual(tags)
})

it('parses the tags that documentEtag makes', () => {
  expect(parseEtags(documentEtag(42, 'k2x9a7qf'))).toEqual([{ version: 42, revision: 'k2x9a7qf' }])
})
