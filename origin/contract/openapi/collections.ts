import type { View } from '../catalogue.ts'
import { exampleOf } from './example.ts'
import { type Json, ref } from './json.ts'
import { documentInput, documentSchema, schemaName } from './schemas.ts'

/** Schemas of several documents of a view by name: a page of a list, the body of a batch and its results. */
export const collectionSchemas = (view: View): [string, Json][] => [
  [`${schemaName(view)}Page`, pageSchema(view)],
  [batchName(view), batchSchema(view)],
  [resultsName(view), resultsSchema(view)],
]

export const batchName = (view: View): string => `${schemaName(view)}Batch`
export const resultsName = (view: View): string => `${schemaName(view)}BatchResults`

const pageSchema = (view: View): Json => ({
  type: 'object',
  required: ['items', 'nextCursor'],
  properties: {
    items: { type: 'array', items: ref('schemas', schemaName(view)) },
    nextCursor: { type: ['string', 'null'], description: '`cursor` of the next page; null on the last one.' },
    ...(view.resource.query.countMax > 0 && { count: ref('schemas', 'Count') }),
  },
})

/** The number of documents, of which no resource has a schema of its own. */
export const countSchema: Json = {
  type: 'object',
  description: 'Of all documents of the list, whatever the page; present where `count` asks for it.',
  required: ['value', 'relation'],
  properties: {
    value: { type: 'integer', minimum: 0 },
    relation: {
      type: 'string',
      enum: ['eq', 'gte'],
      description: '`eq`: that many. `gte`: that many or more.',
    },
  },
}

const batchSchema = (view: View): Json => ({
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      minItems: 1,
      maxItems: view.resource.batchSizeMax,
      items: ref('schemas', `${schemaName(view)}Input`),
    },
  },
  additionalProperties: false,
})

const resultsSchema = (view: View): Json => ({
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      items: {
        oneOf: [
          {
            type: 'object',
            title: `${schemaName(view)}Created`,
            required: ['status', 'id', 'location', 'etag', 'item'],
            properties: {
              status: { type: 'integer', const: 201 },
              id: { type: 'string' },
              location: { type: 'string' },
              etag: { type: 'string' },
              item: ref('schemas', schemaName(view)),
            },
          },
          {
            type: 'object',
            title: `${schemaName(view)}Refused`,
            required: ['status', 'problem'],
            properties: { status: { type: 'integer', minimum: 400 }, problem: ref('schemas', 'Problem') },
          },
        ],
      },
    },
  },
})

/** The last page of a list, with one document. */
export const pageExample = (view: View): unknown =>
  withExample(documentSchema(view), (item) => ({ items: [item], nextCursor: null }))

export const batchExample = (view: View): unknown =>
  withExample(documentInput(view), (item) => ({ items: [item] }))

export const batchResultsExample = (view: View): unknown =>
  withExample(documentSchema(view), (item) => {
    // The cast is safe: every document has an id, with an example of its own.
    const { id } = item as { readonly id: string }
    const location = `/${view.version}/${view.resource.name}/${id}`
    return { items: [{ status: 201, id, location, etag: '"1-9x2k7f3q"', item }] }
  })

function withExample(schema: Json, around: (example: unknown) => unknown): unknown {
  const example = exampleOf(schema)
  return example === undefined ? undefined : around(example)
}
