import { expect, it } from 'vitest'
import { feedFormatOf, parseFeedQuery } from './feed-query.ts'

it.each([
  [undefined, 'json'],
  ['*/*', 'json'],
  ['application/json', 'json'],
  ['text/event-stream', 'stream'],
  ['text/event-stream, */*;q=0.1', 'stream'],
  ['application/json, text/event-stream;q=0.5', 'json'],
  ['text/event-stream;q=0, text/html', undefined],
  ['text/html', undefined],
])('tells changes to Accept: %s as %s', (accept, format) => {
  expect(feedFormatOf(accept)).toBe(format)
})

it.each([
  ['', undefined, undefined, 0, 'wait=0'],
  ['?after=7&wait=25', undefined, 7, 25, 'after=7&wait=25'],
  ['wait=05&after=007', undefined, 7, 5, 'after=7&wait=5'],
  ['?after=7', '9', 9, 0, 'after=9&wait=0'],
])('parses %j, continued after %j', (search, lastEventId, after, waitSeconds, canonical) => {
  expect(parseFeedQuery(search, lastEventId)).toEqual({ ok: true, value: { after, waitSeconds, canonical } })
})

it.each([
  ['?after=-1', undefined, { parameter: 'after' }],
  ['?after=1e3', undefined, { parameter: 'after' }],
  ['?after=', undefined, { parameter: 'after' }],
  [`?after=${'9'.repeat(16)}`, undefined, { parameter: 'after' }],
  ['?wait=26', undefined, { parameter: 'wait' }],
  ['?wait=1.5', undefined, { parameter: 'wait' }],
  ['?limit=5', undefined, { parameter: 'limit' }],
  ['?after=1', 'x', { header: 'Last-Event-ID' }],
])('refuses %j, continued after %j', (search, lastEventId, place) => {
  const parsed = parseFeedQuery(search, lastEventId)
  expect(parsed).toMatchObject({ ok: false, problem: { code: 'invalid-query', errors: [place] } })
})
