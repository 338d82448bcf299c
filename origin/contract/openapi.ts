import type { TSchema } from 'typebox'
import { type AccessRule, isPublic, ownerField, scopesOf } from './access.ts'
import type { Application } from './application.ts'
import { inputSchema, outputSchema } from './body.ts'
import { type View, versionsOf, viewsOf } from './catalogue.ts'
import { documentedSchema } from './documented-schema.ts'
import { exactIntegers } from './exact-number.ts'
import { describeFilterType, type FilterType, operatorsOf } from './filter-type.ts'
import { idPattern, limits } from './limits.ts'
import { mergePatchMediaType } from './merge-patch.ts'
import { type ProblemCode, problemCatalogue, problemMediaType } from './problem.ts'
import { queryFields } from './query.ts'
import { isRead, type Operation, routesOf } from './route.ts'
import { textListRule } from './text-list.ts'

type Json = Record<string, unknown>

/**
 * The catalogue as an OpenAPI 3.1 document. Every answer that either tier can give is in it, so that a tester which
 * knows only the document can tell a defect from a decision.
 */
export function openApiDocument({ title, summary, license, resources: catalogue }: Application): Json {
  const views = viewsOf(catalogue)
  const paths: Record<string, Json> = {}
  for (const view of views) {
    for (const { method, path, operation } of routesOf(view)) {
      const templated = path.replace(':id', '{id}')
      paths[templated] ??= templated.endsWith('{id}') ? { parameters: [ref('parameters', 'id')] } : {}
      Object.assign(paths[templated], { [method.toLowerCase()]: describeOperation(view, operation) })
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: versionsOf(catalogue).at(-1)?.slice(1) ?? '1',
      summary,
      description: introduction,
      ...(license !== undefined && { license }),
    },
    servers: [{ url: '/', description: 'This deployment' }],
    tags: [...catalogue.values()].map(({ name, description }) => ({ name, description })),
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: { ...Object.fromEntries(views.flatMap(describeSchemas)), Problem: problemSchema },
      responses: Object.fromEntries([
        ...Object.entries(problemsByStatus).map(([status, codes]) => describeProblems(status, codes)),
        describeUnavailableToWrite(),
      ]),
      parameters: commonParameters,
      headers: commonHeaders,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'OAuth 2.0 access token (RFC 9068). In development: npm run token -- --sub alice',
        },
      },
    },
  }
}

const introduction = [
  'Versions live side by side as `/v1`, `/v2`, … over the same documents.',
  'Every error is `application/problem+json` (RFC 9457) with a stable `type` and `code`. Under `outcome-unknown` a write',
  'may have happened, or may happen yet; under every other code, this request has done nothing.',
  'Documents carry a strong `ETag`: send it back in `If-Match` to change only what you have seen, or in',
  '`If-None-Match` to be told that nothing changed. A POST with an `Idempotency-Key` may be retried safely.',
  'Times (`date-time`) are RFC 3339, kept in UTC to the millisecond: one that is finer, or a leap second, is refused.',
  'Texts are compared code point by code point.',
].join(' ')

const ref = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` })

const json = (schema: Json, mediaType = 'application/json'): Json => ({ [mediaType]: { schema } })

/** `places` in `v2` → `PlacesV2`. */
function schemaName({ resource, version }: View): string {
  const words = resource.name.split('-').map((word) => word[0]?.toUpperCase() + word.slice(1))
  return `${words.join('')}${version.toUpperCase()}`
}

function describeSchemas(view: View): [string, Json][] {
  const name = schemaName(view)
  const output = outputSchema(view.representation) as unknown as Json
  return [
    [name, output],
    [
      `${name}Selection`,
      { ...output, required: ['id'], description: 'The fields that `fields` asks for; `id` always.' },
    ],
    [`${name}Input`, inputSchema(view.representation) as unknown as Json],
    [`${name}Patch`, patchSchema(inputSchema(view.representation))],
  ].map(([schemaOf, schema]) => [schemaOf as string, documentedSchema(schema as Json)])
}

/** A merge patch may hold any member, `null` removing an optional one (RFC 7396). */
function patchSchema(input: TSchema): Json {
  const { properties, required } = input as unknown as {
    properties: Record<string, Json>
    required: readonly string[]
  }
  const members = Object.entries(properties).map(([name, field]) => [
    name,
    required.includes(name) ? field : { anyOf: [field, { type: 'null' }] },
  ])
  return { type: 'object', properties: Object.fromEntries(members), additionalProperties: false }
}

function describeOperation(view: View, operation: Operation): Json {
  const { resource, version, representation } = view
  const rule = isRead(operation) ? resource.access.read : resource.access.write
  return {
    operationId: `${operation}${schemaName(view)}`,
    tags: [resource.name],
    summary: `${verbs[operation]} (${resource.name}, ${version})`,
    description: describeAccess(rule),
    ...(representation.deprecation !== undefined && { deprecated: true }),
    ...(isPublic(rule) ? { security: [{}, { bearer: [] }] } : { security: [{ bearer: scopesOf(rule) }] }),
    parameters: describeParameters(view, operation),
    ...describeRequestBody(view, operation),
    responses: { ...describeSuccess(view, operation), ...describeFailures(view, operation) },
  }
}

const verbs: Readonly<Record<Operation, string>> = {
  list: 'List',
  read: 'Read one',
  create: 'Create one',
  batchCreate: 'Create many',
  replace: 'Replace one',
  patch: 'Change one',
  delete: 'Delete one',
}

function describeAccess(rule: AccessRule): string {
  const scopes = scopesOf(rule)
  const parts = [
    isPublic(rule) ? 'Anyone may do this.' : 'Needs an access token.',
    ...(scopes.length > 0 ? [`Needs the scope ${scopes.map((name) => `\`${name}\``).join(' and ')}.`] : []),
    ...(ownerField(rule) !== undefined ? ["Only the caller's own documents; others' are 404."] : []),
  ]
  return parts.join(' ')
}

function describeParameters(view: View, operation: Operation): Json[] {
  switch (operation) {
    case 'list':
      return [
        ...queryFields(view, 'filter').flatMap(describeFilter),
        ...listParameters(view),
        ref('parameters', 'ifNoneMatch'),
      ]
    case 'read':
      return [fieldsParameter(view), ref('parameters', 'ifNoneMatch')]
    case 'create':
    case 'batchCreate':
      return [ref('parameters', 'idempotencyKey')]
    default:
      return [ref('parameters', view.resource.requireIfMatch ? 'ifMatchRequired' : 'ifMatch')]
  }
}

function describeFilter({ name, type }: { name: string; type: FilterType }): Json[] {
  return operatorsOf(type).map((operator) => ({
    name: operator === 'eq' ? name : `${name}[${operator}]`,
    in: 'query',
    description: `${operatorWords[operator]} ${describeFilterType(type)}.${operator === 'in' && type.kind === 'string' ? ` ${textListRule}` : ''}`,
    ...(operator === 'in'
      ? {
          style: 'form',
          explode: false,
          schema: {
            type: 'array',
            minItems: 1,
            maxItems: limits.inValuesMax,
            items: filterSchema(type, true),
          },
        }
      : { schema: filterSchema(type, false) }),
  }))
}

const operatorWords = {
  eq: 'Equal to',
  in: 'Any of',
  gt: 'More than',
  gte: 'At least',
  lt: 'Less than',
  lte: 'At most',
}

/** A bare text or a quoted one ({@link ./text-list.ts}), of at most as many characters as a filter's value has. */
const listTextPattern = `^([^,"\\\\\\s\\u0000]([^,"\\\\\\u0000]{0,${limits.filterValueLengthMax - 2}}[^,"\\\\\\s\\u0000])?|"([^"\\\\\\u0000]|\\\\["\\\\]){0,${limits.filterValueLengthMax}}")$`

function filterSchema(type: FilterType, inList: boolean): Json {
  switch (type.kind) {
    case 'string':
      // No text holds NUL. An item of a list that needs quotes is sent with them, and they are no part of its length.
      return inList
        ? { type: 'string', maxLength: 2 * limits.filterValueLengthMax + 2, pattern: listTextPattern }
        : { type: 'string', maxLength: limits.filterValueLengthMax, pattern: '^[^\\u0000]*$' }
    case 'choice':
      return { type: 'string', enum: type.choices }
    case 'number':
      return type.integer ? { type: 'integer', ...exactIntegers } : { type: 'number' }
    case 'boolean':
      return { type: 'boolean' }
    default:
      return { type: 'string', format: type.kind }
  }
}

function listParameters(view: View): Json[] {
  const sortable = queryFields(view, 'sort').flatMap(({ name }) => [name, `-${name}`])
  const { pageSize } = view.resource.query
  return [
    {
      name: 'sort',
      in: 'query',
      description: 'Fields to sort by, `-` for descending. Ties are broken by id.',
      style: 'form',
      explode: false,
      schema: {
        type: 'array',
        minItems: 1,
        maxItems: limits.sortFieldsMax,
        uniqueItems: true,
        items: { type: 'string', enum: sortable },
      },
    },
    fieldsParameter(view),
    {
      name: 'limit',
      in: 'query',
      description: 'Documents on a page.',
      schema: { type: 'integer', minimum: 1, maximum: pageSize.max, default: pageSize.default },
    },
    ref('parameters', 'cursor'),
  ]
}

function fieldsParameter({ representation }: View): Json {
  const names = Object.keys(outputSchema(representation).properties)
  return {
    name: 'fields',
    in: 'query',
    description: 'Fields to send; `id` is always among them.',
    style: 'form',
    explode: false,
    schema: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', enum: names } },
  }
}

function describeRequestBody(view: View, operation: Operation): Json {
  const name = schemaName(view)
  if (operation === 'patch') {
    const patch = ref('schemas', `${name}Patch`)
    return {
      requestBody: { required: true, content: { ...json(patch, mergePatchMediaType), ...json(patch) } },
    }
  }
  if (operation === 'batchCreate') {
    const items = {
      type: 'array',
      minItems: 1,
      maxItems: view.resource.batchSizeMax,
      items: ref('schemas', `${name}Input`),
    }
    const schema = { type: 'object', required: ['items'], properties: { items }, additionalProperties: false }
    return { requestBody: { required: true, content: json(schema) } }
  }
  if (operation === 'create' || operation === 'replace') {
    return { requestBody: { required: true, content: json(ref('schemas', `${name}Input`)) } }
  }
  return {}
}

const headerRefs = (...names: (keyof typeof commonHeaders)[]): Json =>
  Object.fromEntries(names.map((name) => [name, ref('headers', name)]))

function describeSuccess(view: View, operation: Operation): Json {
  const name = schemaName(view)
  const one = json(ref('schemas', name))
  switch (operation) {
    case 'list':
      return {
        200: {
          description: 'A page, with a `Link` to the next where there is one.',
          headers: headerRefs('ETag', 'Link', 'Cache-Control', 'X-Request-Id'),
          content: json(listSchema(name)),
        },
        206: partialContent,
        304: { description: 'What you hold is still right.', headers: headerRefs('ETag', 'X-Request-Id') },
      }
    case 'read':
      return {
        200: {
          description: 'The document.',
          headers: headerRefs('ETag', 'Cache-Control', 'X-Request-Id'),
          content: json(ref('schemas', `${name}Selection`)),
        },
        206: partialContent,
        304: { description: 'What you hold is still right.', headers: headerRefs('ETag', 'X-Request-Id') },
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

/** `Range` (RFC 9110 §14) is no parameter here, since few have a use for it; who sends it gets those bytes of the 200. */
const partialContent: Json = {
  description: 'The bytes that `Range` asks for, where the edge holds the answer.',
  headers: headerRefs('ETag', 'Content-Range', 'X-Request-Id'),
  content: { 'application/json': {} },
}

const listSchema = (name: string): Json => ({
  type: 'object',
  required: ['items', 'nextCursor'],
  properties: {
    items: { type: 'array', items: ref('schemas', `${name}Selection`) },
    nextCursor: { type: ['string', 'null'], description: '`cursor` of the next page; null on the last one.' },
  },
})

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

function describeFailures(view: View, operation: Operation): Json {
  const { resource } = view
  const statuses = new Set([400, 401, 404, 406, 414, 429, 431, 500, 502, 503, 504])
  const rule = isRead(operation) ? resource.access.read : resource.access.write
  if (scopesOf(rule).length > 0) statuses.add(403)
  if (view.representation.deprecation?.sunsetAt !== undefined) statuses.add(410)
  if (isRead(operation)) statuses.add(416)
  if (!isRead(operation)) for (const status of [408, 413, 415]) statuses.add(status)
  if (!isRead(operation) && operation !== 'delete') for (const status of [409, 422]) statuses.add(status)
  if (operation === 'replace' || operation === 'patch' || operation === 'delete') {
    for (const status of [409, 412]) statuses.add(status)
    if (resource.requireIfMatch) statuses.add(428)
  }
  return Object.fromEntries(
    [...statuses]
      .sort()
      .map((status) => [
        status,
        ref('responses', status === 503 && !isRead(operation) ? unavailableToWrite : responseName(status)),
      ]),
  )
}

const responseName = (status: number | string): string => `Problem${status}`

/** The 503 of a write: the one status under which "nothing was done" and "nobody knows" have to be told apart. */
const unavailableToWrite = 'Problem503Write'

/**
 * 405 is left out: it answers exactly the methods that the document does not have. So is what a read cannot be told of
 * its outcome.
 */
const problemsByStatus = Object.groupBy(
  (Object.keys(problemCatalogue) as ProblemCode[]).filter(
    (code) => code !== 'method-not-allowed' && code !== 'outcome-unknown',
  ),
  (code) => String(problemCatalogue[code].status),
) as Readonly<Record<string, readonly ProblemCode[]>>

function describeUnavailableToWrite(): [string, Json] {
  const { title } = problemCatalogue['outcome-unknown']
  const [, response] = describeProblems('503', problemsByStatus['503'] as readonly ProblemCode[])
  const description = [
    `\`outcome-unknown\`: ${title}. It may have happened, may happen yet, or may not happen: send a create again with the`,
    'same `Idempotency-Key`, any other write with the same `If-Match`, or read what is there before you decide.',
    `Under every other code nothing was done: ${response.description}`,
  ].join(' ')
  return [unavailableToWrite, { ...response, description }]
}

function describeProblems(status: string, codes: readonly ProblemCode[]): [string, Json] {
  const headers: (keyof typeof commonHeaders)[] = ['X-Request-Id']
  if (status === '401' || status === '403') headers.push('WWW-Authenticate')
  if (status === '416') headers.push('Content-Range')
  if (codes.some((code) => problemCatalogue[code].retryable)) headers.push('Retry-After')
  const description = codes.map((code) => `\`${code}\`: ${problemCatalogue[code].title}.`).join(' ')
  return [
    responseName(status),
    {
      description,
      headers: headerRefs(...headers),
      content: json(ref('schemas', 'Problem'), problemMediaType),
    },
  ]
}

const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'title', 'status', 'detail', 'code', 'retryable', 'instance', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Stable; documented where it points.' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'What was wrong and what to do.' },
    code: { type: 'string', enum: Object.keys(problemCatalogue) },
    retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
    instance: { type: 'string', format: 'uri' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      description: 'One entry for each mistake, with where it is.',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          detail: { type: 'string' },
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901) into the body.' },
          parameter: { type: 'string' },
          header: { type: 'string' },
        },
      },
    },
  },
}

const etagPattern = '^(\\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'

const commonParameters = {
  id: {
    name: 'id',
    in: 'path',
    required: true,
    // `batch` is a path of its own.
    schema: { type: 'string', pattern: idPattern.source.replace('^', '^(?!batch$)') },
  },
  cursor: {
    name: 'cursor',
    in: 'query',
    description: '`nextCursor` of the page before; opaque.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]+$', maxLength: limits.cursorLengthMax },
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'ETag of the document as you saw it; another one is answered 412 (RFC 9110 §13.1.1).',
    schema: { type: 'string', pattern: etagPattern },
  },
  ifMatchRequired: {
    name: 'If-Match',
    in: 'header',
    required: true,
    description: 'ETag of the document as you saw it; another one is answered 412, none 428 (RFC 6585 §3).',
    schema: { type: 'string', pattern: etagPattern },
  },
  ifNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description:
      'ETag of what you hold; 304 where it is still right (RFC 9110 §13.1.2). Anything else matches nothing.',
    schema: { type: 'string' },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Your own key for this request, kept for 24 hours: a retry with it is answered with the first answer.',
    schema: {
      type: 'string',
      pattern: '^[!#-\\[\\]-~]+$',
      minLength: 1,
      maxLength: limits.idempotencyKeyLengthMax,
    },
  },
} satisfies Record<string, Json>

const commonHeaders = {
  ETag: { description: 'Validator (RFC 9110 §8.8.3).', schema: { type: 'string' } },
  Link: { description: '`rel="next"`: the next page (RFC 8288).', schema: { type: 'string' } },
  Location: { description: 'Path of the new document.', schema: { type: 'string' } },
  'Cache-Control': { description: 'Keep it, but ask before you use it again.', schema: { type: 'string' } },
  'Content-Range': {
    description: 'Which bytes, and of how many (RFC 9110 §14.4).',
    schema: { type: 'string' },
  },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
  'WWW-Authenticate': { description: 'RFC 6750 §3.', schema: { type: 'string' } },
  'X-Request-Id': {
    description: 'Names this request in the logs. Not on an answer from a cache that is in none.',
    schema: { type: 'string', format: 'uuid' },
  },
  'Idempotency-Replayed': {
    description: '`true` where this is the answer of an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
} satisfies Record<string, Json>
