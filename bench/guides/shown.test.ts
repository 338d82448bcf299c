import { describe, expect, it } from 'vitest'
import { blocksOf, codeOf } from './blocks.ts'
import { differenceOf } from './shown.ts'

describe('what a page shows', () => {
  const printed =
    'HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nAge: 3\r\n\r\n{"code":"conflict","n":[1,2]}'

  it.each([
    ['json', '{"a":"…"}', '{"a":"x","b":1}'],
    ['json', '[{"a":1}]', '[{"a":1,"b":2}]'],
    ['json', '{"at":"2027-…Z"}', '{"at":"2027-01-01T00:00:00Z"}'],
    ['text', '201 …\n201', '201 one\n201\n'],
    ['http', 'HTTP/1.1 409 Conflict', printed],
    ['http', 'HTTP/1.1 409 Conflict\nage: …\n\n{ "code": "conflict" }', printed],
  ])('agrees: %s %s', (language, shown, real) => {
    expect(differenceOf(language, shown, real)).toBeUndefined()
  })

  it.each([
    ['json', '{"a":"…"}', '{"b":1}', '/a'],
    ['json', '{"a":null}', '{}', '/a'],
    ['json', '[1]', '[1,2]', '1 items are shown, and there are 2'],
    ['json', '{"a":"2027-…Z"}', '{"a":"2027-01"}', '/a'],
    ['json', '{"a":"…ab"}', '{"a":"b"}', '/a'],
    ['text', '201', '200', 'text'],
    ['text', '201', '2011', 'text'],
    ['http', 'HTTP/1.1 200 OK', printed, 'first line'],
    ['http', 'HTTP/1.1 409 Conflict\netag: …', printed, 'field etag'],
    ['http', 'HTTP/1.1 409 Conflict\nage: 4', printed, 'field age'],
    ['http', 'HTTP/1.1 409 Conflict\n\n{ "n": [1] }', printed, 'body/n'],
  ])('differs: %s %s', (language, shown, real, where) => {
    expect(differenceOf(language, shown, real)).toContain(where)
  })

  it('is not compared with what is no JSON', () => {
    expect(() => differenceOf('json', '{}', 'curl: (7)')).toThrow('no JSON was printed, but: curl: (7)')
  })
})

describe('the blocks of a page', () => {
  const page = [
    '# Page\n\n```ts\n// origin/application/a.ts\nconst a = 1\n```\n',
    '<!-- run\nID=1\n-->\n\n```sh\necho $ID\n```\n\n```json\n{}\n```\n',
    '1. in a list\n\n   ```sh\n   true\n   ```\n\n```\nwithout a language\n```\n',
  ].join('\n')

  it('have a language, a file and hidden commands', () => {
    const blocks = blocksOf(page)
    expect(blocks.map(({ language, file, hidden }) => [language, file, hidden])).toEqual([
      ['ts', 'origin/application/a.ts', undefined],
      ['sh', undefined, 'ID=1'],
      ['json', undefined, undefined],
      ['sh', undefined, undefined],
    ])
    expect(blocks.map(codeOf)).toEqual(['const a = 1\n', 'echo $ID\n', '{}\n', 'true\n'])
  })
})
