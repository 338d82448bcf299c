import type { View } from '../catalogue.ts'
import { eventTypes } from '../events.ts'
import { feedLimits, streamMediaType } from '../feed.ts'
import { exampleOf } from './example.ts'
import { headerRefs } from './headers.ts'
import { type Json, json, ref } from './json.ts'
import { documentSchema, schemaName } from './schemas.ts'

/** Parameters of a change feed. */
export const changesParameters: Json[] = [
  {
    name: 'after',
    in: 'query',
    description:
      'Position after which changes are sent: `next` of an answer, or the id of an event. Without it, from now on.',
    schema: { type: 'string', pattern: '^\\d{1,15}$' },
  },
  {
    name: 'wait',
    in: 'query',
    description:
      'Seconds to wait for a change where there is none yet. A stream lasts a minute, whatever it says.',
    schema: { type: 'integer', minimum: 0, maximum: feedLimits.waitSecondsMax, default: 0 },
  },
  {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'Id of the last event of a stream, which continues after it. It takes the place of `after`.',
    schema: { type: 'string', pattern: '^\\d{1,15}$' },
  },
]

const changeName = (view: View): string => `${schemaName(view)}Change`
const pageName = (view: View): string => `${schemaName(view)}Changes`

/** Answers of a change feed: a page, or a stream of events with a change each. */
export const describeChanges = (view: View): Json => ({
  200: {
    description: `Changes in the order in which they were logged. As \`${streamMediaType}\`: an event each, with its position as id and the change as data.`,
    headers: headerRefs('Cache-Control', 'X-Request-Id'),
    content: {
      ...json(ref('schemas', pageName(view)), undefined, {
        items: [changeExample(view)],
        next: '1042',
        more: false,
      }),
      [streamMediaType]: { schema: { type: 'string' } },
    },
  },
})

const changeExample = (view: View): Json => ({
  position: '1042',
  id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  at: '2026-11-29T09:30:00.000Z',
  type: 'created',
  version: 1,
  etag: '"1-1x2y3z"',
  document: exampleOf(documentSchema(view)),
})

/** Schemas of the changes of a view, by name. */
export const changesSchemas = (view: View): [string, Json][] => [
  [changeName(view), changeSchema(view)],
  [
    pageName(view),
    {
      type: 'object',
      required: ['items', 'next', 'more'],
      properties: {
        items: { type: 'array', maxItems: feedLimits.changesMax, items: ref('schemas', changeName(view)) },
        next: { type: 'string', description: '`after` of the next request.' },
        more: { type: 'boolean', description: 'Whether there may be more changes already.' },
      },
    },
  ],
]

const changeSchema = (view: View): Json => ({
  type: 'object',
  description:
    'A change of a document that the caller may read now. `deleted`: it is gone for the caller, deleted or no longer theirs to read; then there are no members beyond `at`.',
  required: ['position', 'id', 'at', 'type'],
  properties: {
    position: { type: 'string' },
    id: { type: 'string', description: 'Id of the document.' },
    at: { type: 'string', format: 'date-time', description: 'Time of the write.' },
    type: { type: 'string', enum: eventTypes },
    version: { type: 'integer', minimum: 1, description: 'Number of the document’s writes after this one.' },
    changed: { type: 'array', items: { type: 'string' }, description: 'Fields that an update changed.' },
    etag: { type: 'string', description: 'ETag of `document`.' },
    document: ref('schemas', schemaName(view)),
  },
})
