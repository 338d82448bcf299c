import type { View } from '../catalogue.ts'
import { exportMediaTypes } from '../export-rule.ts'
import type { Operation } from '../route.ts'
import { headerRefs } from './headers.ts'
import { type Json, json, ref } from './json.ts'
import { schemaName } from './schemas.ts'

/** Successful answers of an operation, by status. */
export function describeSuccess(view: View, operation: Operation): Json {
  const name = schemaName(view)
  const one = json(ref('schemas', name))
  switch (operation) {
    case 'list':
      return {
        200: {
          description: 'A page, with a `Link` to the next where there is one.',
          headers: headerRefs('ETag', 'Link', 'Cache-Control', 'X-Request-Id'),
          content: { ...json(listSchema(view)), ...exportContent(view) },
        },
        206: partialContent,
        304: { description: 'Not modified.', headers: headerRefs('ETag', 'X-Request-Id') },
      }
    case 'read':
      return {
        200: {
          description: 'The document.',
          headers: headerRefs('ETag', 'Cache-Control', 'X-Request-Id'),
          content: json(ref('schemas', `${name}Selection`)),
        },
        206: partialContent,
        304: { description: 'Not modified.', headers: headerRefs('ETag', 'X-Request-Id') },
      }
    case 'create':
      return {
        201: {
          description: 'Created and stored by a majority of the database.',
          headers: headerRefs('Location', 'ETag', 'Idempotency-Replayed', 'X-Request-Id'),
          content: one,
        },
      }
    case 'batchCreate':
      return {
        200: {
          description: 'One result for each item, in order.',
          headers: headerRefs('Idempotency-Replayed', 'X-Request-Id'),
          content: json(batchSchema(name)),
        },
      }
    case 'delete':
      return { 204: { description: 'Deleted.', headers: headerRefs('X-Request-Id') } }
    default:
      return {
        200: {
          description: 'The document as it is now.',
          headers: headerRefs('ETag', 'X-Request-Id'),
          content: one,
        },
      }
  }
}

/**
 * `Range` (RFC 9110 §14) is not documented as a parameter, because few clients need it; a client that sends it gets a
 * 206.
 */
export const partialContent: Json = {
  description: 'The bytes that `Range` asks for, where the edge holds the answer.',
  headers: headerRefs('ETag', 'Content-Range', 'X-Request-Id'),
  content: { 'application/json': {} },
}

const listSchema = (view: View): Json => ({
  type: 'object',
  required: ['items', 'nextCursor'],
  properties: {
    items: { type: 'array', items: ref('schemas', `${schemaName(view)}Selection`) },
    nextCursor: { type: ['string', 'null'], description: '`cursor` of the next page; null on the last one.' },
    ...(view.resource.query.countMax > 0 && { count: countSchema }),
  },
})

/** The whole list, in its export formats. */
const exportContent = ({ resource }: View): Json =>
  Object.fromEntries(
    (resource.export?.formats ?? []).map((format) => [
      exportMediaTypes[format],
      { schema: { type: 'string', description: exportWords[format] } },
    ]),
  )

const exportWords = {
  csv: 'All documents of the list, a row each (RFC 4180), below a row of their names.',
  ndjson: 'All documents of the list, a line of JSON each.',
} as const

const countSchema: Json = {
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

const batchSchema = (name: string): Json => ({
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      items: {
        oneOf: [
          {
            type: 'object',
            required: ['status', 'id', 'location', 'etag', 'item'],
            properties: {
              status: { type: 'integer', const: 201 },
              id: { type: 'string' },
              location: { type: 'string' },
              etag: { type: 'string' },
              item: ref('schemas', name),
            },
          },
          {
            type: 'object',
            required: ['status', 'problem'],
            properties: { status: { type: 'integer', minimum: 400 }, problem: ref('schemas', 'Problem') },
          },
        ],
      },
    },
  },
})
