import { hash } from 'node:crypto'
import {
  type Audience,
  type Count,
  type CursorValue,
  edgeCacheControl,
  encodeCursor,
  headers,
  type ListQuery,
  noSuchDocument,
  type Parsed,
  type Problem,
  parseListQuery,
  parseReadQuery,
  satisfies,
} from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import { jsonType } from '../http/json-body.ts'
import {
  evaluatePreconditions,
  namesListEtag,
  parsePreconditions,
  preconditionFailed,
} from '../http/precondition.ts'
import { sendProblem } from '../http/problem.ts'
import { callOf } from '../http/request.ts'
import type { CountOutcome, ListOutcome, Repository, StoredDocument } from '../store/repository.ts'
import { sendFailure } from './answer.ts'
import type { Plan } from './plan.ts'

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

type Page = Extract<ListOutcome, { kind: 'page' }>
type Counted = Extract<CountOutcome, { kind: 'counted' }>

const allFields = { ok: true, value: { fields: undefined, canonical: '' } } as const

/**
 * Whether a read that began at this time has certainly seen every acknowledged write
 * ({@link ../store/primary-watch.ts}). Only such an answer may be cached.
 * @param beganAtMs by `performance.now()`
 */
export type IsCertain = (beganAtMs: number) => boolean

/** GET and HEAD of one document. */
export function readHandler(plan: Plan, repository: Repository, isCertain: IsCertain): Handler {
  const { view, caching, uncertainCaching } = plan
  const { resource } = view
  return async (request, reply) => {
    const { id } = request.params as { id: string }
    const search = searchOf(request.raw.url as string)
    const query = search === '' ? allFields : parseReadQuery(view, search)
    if (!query.ok) return sendProblem(reply, query.problem)
    const conditions = parsePreconditions(request.headers, 'read')
    if (!conditions.ok) return sendProblem(reply, conditions.problem)
    const outcome = await repository.read(resource, id, callOf(request))
    if (outcome.kind === 'notDone') return sendFailure(reply, outcome)
    // A document that the caller may not read gets the same 404 as a missing one.
    if (outcome.kind === 'notFound' || !isAllowed(resource.audiences.read, outcome.document, request)) {
      return sendProblem(reply, isCertain(request.startedAtMs) ? plan.missing(id) : perhapsNoSuchDocument)
    }
    const { document } = outcome
    const verdict = evaluatePreconditions(conditions.value, document.version, plan.revision)
    if (verdict === 'ifMatchFailed')
      return sendProblem(reply, preconditionFailed(verdict, plan.etag(document.version)))
    reply.headers(isCertain(request.startedAtMs) ? caching : uncertainCaching)
    reply.header('etag', plan.etag(document.version))
    reply.header(headers.cacheTag, `${plan.documentTag(id)},${plan.revisionTag}`)
    if (verdict === 'ifNoneMatchFailed') return reply.code(304).send()
    reply.header('content-type', jsonType)
    return reply.send(plan.serialize(document, query.value.fields))
  }
}

/** A 404 that must not be cached. */
const perhapsNoSuchDocument: Problem = { ...noSuchDocument, headers: { [edgeCacheControl]: 'no-store' } }

/** Whether an access rule allows this caller this document. */
export const isAllowed = (
  audience: Audience,
  { fields }: Pick<StoredDocument, 'fields'>,
  { principal }: Pick<FastifyRequest, 'principal'>,
): boolean => satisfies(audience.of(principal), fields)

/** GET and HEAD of a list. */
export function listHandler(
  plan: Plan,
  repository: Repository,
  { listTimeoutMs, isCertain }: { readonly listTimeoutMs: number; readonly isCertain: IsCertain },
): Handler {
  const { view, caching, uncertainCaching } = plan
  const { resource } = view
  const parse = remembering((search) => parseListQuery(view, search), 1_000)
  return async (request, reply) => {
    const query = parse(searchOf(request.raw.url as string))
    if (!query.ok) return sendProblem(reply, query.problem)
    const ifNoneMatch = request.headers['if-none-match']
    const subject = request.principal?.subject
    const residual = resource.audiences.read.of(request.principal)
    // Limits the time of a list even for a patient caller: a slow scan holds resources that many short reads need.
    const deadlineMs = Math.min(request.deadlineMs, request.startedAtMs + listTimeoutMs)
    const call = callOf({ deadlineMs, raw: request.raw })
    const outcome = await repository.list(resource, query.value, residual, call)
    /** Number of documents in the list; needs no query if the list is a single page. */
    const countOf = ({ documents, more }: Page): CountOutcome | Promise<CountOutcome> =>
      query.value.after === undefined && !more
        ? { kind: 'counted', value: documents.length, isMore: false }
        : repository.count(resource, query.value, residual, call)
    if (outcome.kind === 'notDone') return sendFailure(reply, outcome)
    const cursor = outcome.more ? nextCursor(plan, query.value, outcome.documents) : undefined
    const count = query.value.counts === true ? await countOf(outcome) : undefined
    if (count?.kind === 'notDone') return sendFailure(reply, count)
    const body = listBody(plan, query.value, outcome.documents, { cursor, count })
    // The tag is a digest of the body: it changes with everything that is shown.
    const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`
    const isHeld = ifNoneMatch !== undefined && namesListEtag(ifNoneMatch, etag)
    reply.headers(isCertain(request.startedAtMs) ? caching : uncertainCaching)
    reply.header('etag', etag)
    reply.header(
      headers.cacheTag,
      [...plan.listTags(query.value.filters, subject), plan.revisionTag].join(','),
    )
    if (cursor !== undefined) reply.header('link', linkToNext(plan, query.value, cursor))
    if (isHeld) return reply.code(304).send()
    reply.header('content-type', jsonType)
    return reply.send(body)
  }
}

function listBody(
  { serialize }: Plan,
  { fields }: ListQuery,
  documents: readonly StoredDocument[],
  { cursor, count }: { readonly cursor: string | undefined; readonly count: Counted | undefined },
): string {
  let items = ''
  for (const document of documents) items += (items === '' ? '' : ',') + serialize(document, fields)
  const next = cursor === undefined ? 'null' : `"${cursor}"`
  const counted = count === undefined ? '' : `,"count":${JSON.stringify(shownCount(count))}`
  return `{"items":[${items}],"nextCursor":${next}${counted}}`
}

const shownCount = ({ value, isMore }: Counted): Count => ({ value, relation: isMore ? 'gte' : 'eq' })

function nextCursor(plan: Plan, query: ListQuery, documents: readonly StoredDocument[]): string {
  // Called only if there is a next page, so this one is not empty. Sort fields hold values of cursors by definition.
  const last = documents.at(-1) as StoredDocument
  const values = query.sort.map(({ path }) => (path === '_id' ? last.id : last.fields[path]) as CursorValue)
  return encodeCursor(plan.view, query, values)
}

/** Link to the next page (RFC 8288), relative to the list, beside the `Link` of a deprecated version. */
function linkToNext({ path, successorLink }: Plan, { canonical }: ListQuery, cursor: string): string {
  const next = `<${path}?${canonical}&cursor=${cursor}>; rel="next"`
  return successorLink === undefined ? next : `${next}, ${successorLink}`
}

/** Caches the parsed queries: the same few lists are most of the traffic. */
function remembering<Value>(
  parse: (text: string) => Parsed<Value>,
  sizeMax: number,
): (text: string) => Parsed<Value> {
  const remembered = new Map<string, Parsed<Value>>()
  return (text) => {
    const known = remembered.get(text)
    if (known !== undefined) return known
    const parsed = parse(text)
    if (parsed.ok) {
      if (remembered.size >= sizeMax) remembered.delete(remembered.keys().next().value as string)
      remembered.set(text, parsed)
    }
    return parsed
  }
}
