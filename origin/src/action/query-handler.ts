import { hash } from 'node:crypto'
import {
  type Catalogue,
  digest,
  formatRevision,
  headers,
  type Problem,
  ProblemError,
  parseQueryParameters,
  queryView,
  revisionTag,
} from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import { jsonType } from '../http/json-body.ts'
import { namesListEtag } from '../http/precondition.ts'
import { sendProblem } from '../http/problem.ts'
import { callOfCode } from '../http/request.ts'
import { answerMs, inTime, late } from '../lib/in-time.ts'
import { ofCode } from '../lib/own-time.ts'
import type { WorkTotals } from '../observe/work-totals.ts'
import { type CompiledView, cachingHeaders } from '../resource/compiled-view.ts'
import type { Handler, IsCertain } from '../resource/reads.ts'
import { compileWriter } from '../resource/serializer.ts'
import { compileInputCheck, type SchemaCompilers } from '../resource/validator.ts'
import type { Repository } from '../store/repository.ts'
import type { QueryContext, QueryImplementation } from './query-implementation.ts'
import { QueryReads } from './query-store.ts'

export interface QueryOptions {
  readonly repository: Repository
  readonly catalogue: Catalogue
  readonly compilers: SchemaCompilers
  readonly isCertain: IsCertain
  readonly totals: WorkTotals
  /** Start of this process's representation, in ms since the epoch. */
  readonly startedAtMs: number
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

/**
 * The view of a query, for which answers are compiled as for a resource. Its revision covers the definition and the
 * handler.
 */
export function compileQueryView(
  compiled: CompiledView,
  { query, answer }: QueryImplementation,
  startedAtMs: number,
): CompiledView {
  const view = queryView(compiled.view, query)
  const revision = digest(`${query.shape}\n${answer}`)
  return {
    ...compiled,
    view,
    path: `${compiled.path}/${query.name}`,
    revision,
    revisionTag: revisionTag(view.resource.name, view.version, revision),
    caching: cachingHeaders(query.cache),
    everyAnswer: {
      ...compiled.everyAnswer,
      [headers.revision]: formatRevision({ revision, sinceMs: startedAtMs }),
    },
  }
}

/** GET and HEAD of a query. */
export function queryHandler(
  compiled: CompiledView,
  { query, answer }: QueryImplementation,
  options: QueryOptions,
): Handler {
  const { isCertain, compilers, totals } = options
  const check = compileInputCheck(compilers, query.name, query.parameters)
  const write = compileWriter(query.output)
  return async (request, reply) => {
    const parsed = parseQueryParameters(query, searchOf(request.url))
    if (!parsed.ok) return sendProblem(reply, parsed.problem)
    const checked = check(parsed.value.values)
    if (!checked.ok) return sendProblem(reply, ofParameters(checked.problem))
    const call = callOfCode(request)
    const reads = new QueryReads({ ...options, query, principal: request.principal, call })
    const beganAtMs = performance.now()
    const ran = await run({ query, answer }, reads, { request, reply, parameters: checked.value, options })
    const durationMs = performance.now() - beganAtMs
    const body = 'problem' in ran ? '' : write(ran.value)
    const work = { answers: 1, rows: reads.rows, bytes: Buffer.byteLength(body), durationMs }
    totals.add('query', request.target.route, work)
    if ('problem' in ran) return sendProblem(reply, ran.problem)
    const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`
    const ifNoneMatch = request.headers['if-none-match']
    const { caching, revisionTag: ofRevision } = compiled
    reply.headers(isCertain(request.startedAtMs) ? caching.certain : caching.uncertain)
    reply.header('etag', etag)
    if (query.cache.kind === 'stored') reply.header(headers.cacheTag, [...reads.tags(), ofRevision].join(','))
    if (ifNoneMatch !== undefined && namesListEtag(ifNoneMatch, etag)) return reply.code(304).send()
    reply.header('content-type', jsonType)
    return reply.send(body)
  }
}

interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly parameters: object
  readonly options: QueryOptions
}

async function run(
  { query, answer }: QueryImplementation,
  reads: QueryReads,
  { request, reply, parameters, options }: Asked,
): Promise<{ readonly value: unknown } | { readonly problem: Problem }> {
  const controller = new AbortController()
  // The connection closes when the answer has ended, and when the caller leaves.
  reply.raw.once('close', () => controller.abort())
  const { principal } = request
  const isStored = query.cache.kind === 'stored'
  const context: QueryContext = {
    // The cast is safe: the schema from which the type is inferred has validated the parameters.
    parameters: parameters as QueryContext['parameters'],
    store: reads,
    subject: query.isPersonal ? principal?.subject : undefined,
    principal: isStored ? undefined : principal,
    now: new Date(options.clock()).toISOString(),
    signal: controller.signal,
  }
  try {
    const value = await ofCode(request, () => inTime(answer(context), request.deadlineMs - answerMs))
    if (value !== late) return { value }
    request.defect ??= new Error(`the handler of '${query.name}' did not end before the deadline`)
    return { problem: tooLate }
  } catch (error) {
    if (error instanceof ProblemError) return { problem: error.problem }
    throw error
  } finally {
    reads.end()
    controller.abort()
  }
}

const tooLate: Problem = {
  code: 'deadline-exceeded',
  detail: 'The query did not end before its deadline.',
  retryAfterSeconds: 1,
}

/** Schema errors, named by the parameter instead of a pointer into a body. */
function ofParameters({ errors = [] }: Problem): Problem {
  const named = errors.map((error) => ({
    parameter: 'pointer' in error ? error.pointer.slice(1) : 'query',
    detail: error.detail,
  }))
  return {
    code: 'invalid-query',
    detail: named.map(({ parameter, detail }) => `${parameter}: ${detail}`).join(' '),
    errors: named,
  }
}
