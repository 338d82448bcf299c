import type { View } from '../catalogue.ts'
import { eventTypes } from '../events.ts'
import { historyLimits } from '../history.ts'
import { storedPath } from '../stored-path.ts'
import { exampleOf } from './example.ts'
import { headerRefs } from './headers.ts'
import { type Json, json, ref } from './json.ts'
import { documentSchema, schemaName } from './schemas.ts'

/** Parameters of a history. */
export const historyParameters: Json[] = [
  {
    name: 'limit',
    in: 'query',
    description: 'Records on a page.',
    schema: { type: 'integer', minimum: 1, maximum: historyLimits.max, default: historyLimits.default },
  },
  ref('parameters', 'cursor'),
]

const recordName = (view: View): string => `${schemaName(view)}Record`
const valuesName = (view: View): string => `${schemaName(view)}Values`
const pageName = (view: View): string => `${schemaName(view)}History`

/** Answers of a history. */
export const describeHistory = (view: View): Json => ({
  200: {
    description: 'Records of the document’s writes, newest first. A write is told within a second or two.',
    headers: headerRefs('Cache-Control', 'X-Request-Id'),
    content: json(ref('schemas', pageName(view)), undefined, {
      items: [recordExample(view)],
      nextCursor: null,
    }),
  },
})

/** Fields of a version that a record can name: those that show a stored field. */
const namedFields = ({ representation }: View): readonly string[] =>
  Object.keys(representation.schema.properties).filter(
    (name) => storedPath(representation, name) !== undefined,
  )

function recordExample(view: View): Json {
  const [name = ''] = namedFields(view)
  const values = Object.entries(exampleOf(documentSchema(view)) ?? {}).filter(([field]) => field === name)
  const after = view.resource.history?.values === true && { after: Object.fromEntries(values) }
  return {
    ...{ version: 2, type: 'updated', at: '2026-11-29T09:30:00.000Z', by: 'auth0|alice' },
    ...{ requestId: '0f8fad5b-d9cb-469f-a165-70867728950e', changed: [name], ...after },
  }
}

/** Schemas of the history of a view, by name. */
export function historySchemas(view: View): [string, Json][] {
  const hasValues = view.resource.history?.values === true
  return [
    [recordName(view), recordSchema(view, hasValues)],
    ...(hasValues ? [[valuesName(view), valuesSchema(view)] satisfies [string, Json]] : []),
    [
      pageName(view),
      {
        type: 'object',
        required: ['items', 'nextCursor'],
        properties: {
          items: { type: 'array', maxItems: historyLimits.max, items: ref('schemas', recordName(view)) },
          nextCursor: { type: ['string', 'null'], description: '`cursor` of the next page.' },
        },
        additionalProperties: false,
      },
    ],
  ]
}

const recordSchema = (view: View, hasValues: boolean): Json => ({
  type: 'object',
  description: 'One write of a document. Fields that the caller may not read are not named.',
  required: ['version', 'type', 'at', 'changed'],
  properties: {
    version: { type: 'integer', minimum: 1, description: 'Version that the write made, or deleted.' },
    type: { type: 'string', enum: eventTypes },
    at: { type: 'string', format: 'date-time', description: 'Time of the write.' },
    by: {
      type: 'string',
      description: 'Subject of the caller; absent for a caller without a token, and for jobs.',
    },
    via: {
      type: 'string',
      description: 'The action, handler or job that wrote; absent for create, replace, patch and delete.',
    },
    requestId: { type: 'string', description: '`X-Request-Id` of the request.' },
    changed: {
      type: 'array',
      uniqueItems: true,
      items: { type: 'string', enum: namedFields(view) },
      description: 'Changed fields; all fields of a new document, none of a deletion.',
    },
    ...(hasValues && {
      before: { ...ref('schemas', valuesName(view)), description: 'Values before the write.' },
      after: { ...ref('schemas', valuesName(view)), description: 'Values after the write.' },
    }),
  },
  additionalProperties: false,
})

/** Values of some fields. Values of an earlier shape may not fit today's bounds, so only their types are documented. */
function valuesSchema(view: View): Json {
  // The cast is safe: the schema of a document is an object schema.
  const { properties } = documentSchema(view) as { readonly properties: Readonly<Record<string, Json>> }
  const fields = namedFields(view).map((name): [string, Json] => [name, properties[name] ?? {}])
  return { type: 'object', properties: Object.fromEntries(fields), additionalProperties: false }
}
