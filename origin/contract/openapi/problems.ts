import { partsOf } from '../access.ts'
import type { Action } from '../action.ts'
import type { View } from '../catalogue.ts'
import { type ProblemCode, problemBody, problemCatalogue, problemMediaType, problemType } from '../problem.ts'
import type { DeclaredProblem } from '../refusal.ts'
import { accessRuleOf, isRead, type Operation } from '../route.ts'
import { type commonHeaders, headerRefs } from './headers.ts'
import { type Json, json, ref } from './json.ts'

/** Problems of an operation, by status. One that the application's rules can refuse for lists their reasons. */
export function describeFailures(view: View, operation: Operation, action?: Action): Json {
  const { resource } = view
  const statuses = new Set([400, 401, 404, 406, 414, 429, 431, 500, 502, 503, 504])
  const rule = accessRuleOf({ resource, operation, ...(action !== undefined && { action }) })
  const mayRefuse = [...partsOf(rule)].some(({ kind }) => kind !== 'anyone' && kind !== 'signedIn')
  // 403 for fields with rules of their own, which lists compare and bodies change.
  const { hidesSome, guardsSome } = resource.fieldAccess
  const mayRefuseFields = operation === 'list' ? hidesSome : guardsSome && !isRead(operation)
  if (mayRefuse || mayRefuseFields || action !== undefined) statuses.add(403)
  if (view.representation.deprecation?.sunsetAt !== undefined) statuses.add(410)
  if (operation === 'changes') statuses.add(410)
  else if (isRead(operation) && operation !== 'history') statuses.add(416)
  if (!isRead(operation)) for (const status of [408, 413, 415]) statuses.add(status)
  if (!isRead(operation) && operation !== 'delete') for (const status of [409, 422]) statuses.add(status)
  if (action?.target === 'document') statuses.add(412)
  if (operation === 'replace' || operation === 'patch' || operation === 'delete') {
    for (const status of [409, 412]) statuses.add(status)
    if (resource.requireIfMatch) statuses.add(428)
  }
  // The cast widens the type: statuses without a reason are looked up, too.
  const reasons = Map.groupBy(reasonsOf(view, operation, action), ([, { status }]) => status as number)
  for (const status of reasons.keys()) statuses.add(status)
  return Object.fromEntries(
    [...statuses].sort().map((status) => {
      const ofStatus = reasons.get(status)
      if (ofStatus !== undefined) return [status, withReasons(status, ofStatus)]
      const name = status === 503 && !isRead(operation) ? unavailableToWrite : responseName(status)
      return [status, ref('responses', name)]
    }),
  )
}

type Reason = readonly [name: string, declared: DeclaredProblem]

/** Reasons of the action, and of the resources whose rules judge what it writes. Items of a batch are answered one by one. */
function reasonsOf({ resource }: View, operation: Operation, action: Action | undefined): readonly Reason[] {
  if (isRead(operation) || operation === 'batchCreate') return []
  const written = action?.writes ?? [resource]
  return [action?.problems ?? {}, ...written.map(({ problems }) => problems)].flatMap(
    Object.entries<DeclaredProblem>,
  )
}

/** The usual response of a status, which may have one of these reasons. */
function withReasons(status: number, reasons: readonly Reason[]): Json {
  const codes = codesOf(status)
  const [, { description, headers }] = describeProblems(String(status), codes)
  const names = [...new Set(reasons.map(([name]) => name))]
  const texts = reasons.map(([name, { detail }]) => `\`${name}\`: ${detail}`)
  const named = { properties: { reason: { type: 'string', enum: names } } }
  const schema = { allOf: [...problemOf(status, codes).allOf, named] }
  return {
    description: `${description} Reasons: ${[...new Set(texts)].join(' ')}`,
    headers,
    content: json(schema, problemMediaType),
  }
}

/** Schema of a problem with one of these codes. */
const problemOf = (status: number, codes: readonly ProblemCode[]) => ({
  allOf: [
    ref('schemas', 'Problem'),
    {
      properties: {
        // Not `const`: some generators cannot join it with the integer of every problem.
        status: { type: 'integer', enum: [status] },
        code: { type: 'string', enum: codes },
        type: { type: 'string', enum: codes.map(problemType) },
      },
    },
  ],
})

const responseName = (status: number | string): string => `Problem${status}`

/** The 503 of a write: the only status with codes both for "nothing was done" and for "outcome unknown". */
const unavailableToWrite = 'Problem503Write'

/**
 * Omits 405, which answers exactly the methods that the document does not contain. Omits `outcome-unknown`, which is
 * described for writes only. The cast is safe: the catalogue's keys are all codes.
 */
const problemsByStatus = Object.groupBy(
  (Object.keys(problemCatalogue) as ProblemCode[]).filter(
    (code) => code !== 'method-not-allowed' && code !== 'outcome-unknown',
  ),
  (code) => String(problemCatalogue[code].status),
)

type Codes = [ProblemCode, ...ProblemCode[]]

/** Codes of a status. The cast is safe: the catalogue has a code for each status that is described. */
const codesOf = (status: number | string): Codes => problemsByStatus[status] as Codes

function describeUnavailableToWrite(): [string, Json] {
  const { title } = problemCatalogue['outcome-unknown']
  const [, response] = describeProblems('503', codesOf(503))
  const content = json(
    ref('schemas', unavailableToWrite),
    problemMediaType,
    problemExample('outcome-unknown'),
  )
  const description = [
    `\`outcome-unknown\`: ${title}. It may have happened, may happen yet, or may not happen: send a create again with the`,
    'same `Idempotency-Key`, any other write with the same `If-Match`, or read what is there before you decide.',
    `Under every other code nothing was done: ${response.description}`,
  ].join(' ')
  return [unavailableToWrite, { ...response, description, content }]
}

function describeProblems(
  status: string,
  codes: Codes,
): [string, { description: string; headers: Json; content: Json }] {
  const headers: (keyof typeof commonHeaders)[] = ['X-Request-Id']
  if (status === '401' || status === '403') headers.push('WWW-Authenticate')
  if (status === '416') headers.push('Content-Range')
  if (codes.some((code) => problemCatalogue[code].retryable)) headers.push('Retry-After')
  if (codes.includes('rate-limited')) headers.push('RateLimit', 'RateLimit-Policy')
  const description = codes.map((code) => `\`${code}\`: ${problemCatalogue[code].title}.`).join(' ')
  return [
    responseName(status),
    {
      description,
      headers: headerRefs(...headers),
      content: json(ref('schemas', responseName(status)), problemMediaType, problemExample(codes[0])),
    },
  ]
}

const problemExample = (code: ProblemCode): Json =>
  problemBody({ code, detail: `${problemCatalogue[code].title}.` }, '0f8fad5b-d9cb-469f-a165-70867728950e')

/** Every problem response, by component name. */
export const problemResponses: Readonly<Record<string, Json>> = Object.fromEntries([
  ...Object.keys(problemsByStatus).map((status) => describeProblems(status, codesOf(status))),
  describeUnavailableToWrite(),
])

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
    reason: { type: 'string', description: 'The rule of the application that refuses, by its stable name.' },
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

/** Schema of every problem, and of those of each status, by component name. */
export const problemSchemas: Readonly<Record<string, Json>> = {
  Problem: problemSchema,
  ...Object.fromEntries(
    Object.keys(problemsByStatus).map((status) => [
      responseName(status),
      problemOf(Number(status), codesOf(status)),
    ]),
  ),
  [unavailableToWrite]: problemOf(503, ['outcome-unknown', ...codesOf(503)]),
}
