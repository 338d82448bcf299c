import type { View } from '../catalogue.ts'
import { exportMediaTypes } from '../export-rule.ts'
import type { Operation } from '../route.ts'
import { describeChanges } from './changes.ts'
import { batchResultsExample, pageExample, resultsName } from './collections.ts'
import { exampleOf } from './example.ts'
import { headerRefs } from './headers.ts'
import { describeHistory } from './history.ts'
import { type Json, json, ref } from './json.ts'
import { documentSchema, schemaName } from './schemas.ts'

/** Successful answers of an operation, by status. */
export function describeSuccess(view: View, operation: Operation): Json {
  const name = schemaName(view)
  const one = json(ref('schemas', name), undefined, exampleOf(documentSchema(view)))
  switch (operation) {
    case 'list': {
      const page = ref('schemas', `${name}Page`)
      return {
        200: {
          description: 'A page, with a `Link` to the next where there is one.',
          headers: headerRefs('ETag', 'Link', 'Cache-Control', 'X-Request-Id'),
          content: { ...json(page, undefined, pageExample(view)), ...exportContent(view) },
        },
        ...partAndUnchanged(page),
      }
    }
    case 'changes':
      return describeChanges(view)
    case 'read':
      return {
        200: {
          description: 'The document.',
          headers: headerRefs('ETag', 'Cache-Control', 'X-Request-Id'),
          content: one,
        },
        ...partAndUnchanged(ref('schemas', name)),
      }
    case 'history':
      return describeHistory(view)
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
          content: json(ref('schemas', resultsName(view)), undefined, batchResultsExample(view)),
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
 * Answers to a read that holds, or asks for a part of, an earlier answer. `Range` (RFC 9110 §14) is not documented as a
 * parameter, because few clients need it; a client that sends it gets a 206. Its schema is that of the whole answer: with
 * another one, or none, generated clients would know nothing of the usual answer either.
 */
export const partAndUnchanged = (whole: Json): Json => ({
  206: {
    description:
      'The bytes that `Range` asks for, where the edge holds the answer. The schema is of the whole.',
    headers: headerRefs('ETag', 'Content-Range', 'X-Request-Id'),
    content: json(whole),
  },
  304: { description: 'Not modified.', headers: headerRefs('ETag', 'X-Request-Id') },
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
