import { hash } from 'node:crypto'
import {
  type Audience,
  type Count,
  type CursorValue,
  distancePath,
  documentEtag,
  edgeCacheControl,
  encodeCursor,
  type HiddenFields,
  headers,
  joinedCacheRule,
  type ListQuery,
  noSuchDocument,
  type Parsed,
  type Problem,
  parseListQuery,
  parseReadQuery,
  satisfies,
  scorePath,
  valueAt,
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
import { callOf, idOf } from '../http/request.ts'
import type { WorkTotals } from '../observe/work-totals.ts'
import type { CountOutcome, ListOutcome, Repository, StoredDocument } from '../store/repository.ts'
import { sendFailure } from './answer.ts'
import { type CompiledView, cachingHeaders } from './compiled-view.ts'
import { type Expanded, expandAll, type ViewByRepresentation } from './expanding.ts'
import { refuseComparison } from './hidden-comparison.ts'
import { type PageText, SharedPages } from './shared-pages.ts'

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

type Page = Extract<ListOutcome, { kind: 'page' }>
type Counted = Extract<CountOutcome, { kind: 'counted' }>

/**
 * Whether a read that began at this time has certainly seen every acknowledged write
 * ({@link ../store/primary-watch.ts}). Only such an answer may be cached.
 * @param beganAtMs by `performance.now()`
 */
export type IsCertain = (beganAtMs: number) => boolean

export interface ReadOptions {
  /** Longest time that one list may take, in ms. */
  readonly listTimeoutMs: number
  readonly isCertain: IsCertain
  readonly views: ViewByRepresentation
  readonly totals: WorkTotals
}

/** GET and HEAD of one document. */
export function readHandler(
  compiled: CompiledView,
  repository: Repository,
  { isCertain, views, totals }: Omit<ReadOptions, 'listTimeoutMs'>,
): Handler {
  const { view } = compiled
  const { resource } = view
  return async (request, reply) => {
    const id = idOf(request)
    const query = parseReadQuery(view, searchOf(request.url))
    if (!query.ok) return sendProblem(reply, query.problem)
    const conditions = parsePreconditions(request.headers, 'read')
    if (!conditions.ok) return sendProblem(reply, conditions.problem)
    const outcome = await repository.read(resource, id, callOf(request))
    if (outcome.kind === 'notDone') return sendFailure(reply, outcome)
    // A document that the caller may not read gets the same 404 as a missing one.
    if (outcome.kind === 'notFound' || !isAllowed(resource.audiences.read, outcome.document, request)) {
      return sendProblem(reply, isCertain(request.startedAtMs) ? compiled.missing(id) : perhapsNoSuchDocument)
    }
    const { document } = outcome
    const { expand, fields } = query.value
    const { principal } = request
    const expanded =
      expand &&
      (await expandAll({ repository, views, totals }, expand, [document], {
        ...{ route: request.target.route, principal, call: callOf(request) },
      }))
    if (expanded?.kind === 'notDone') return sendFailure(reply, expanded)
    const hidden = compiled.hiddenFrom(document.fields, principal)
    const own = compiled.revisionWithout(hidden)
    const revision = expanded === undefined ? own : expandedRevision(own, expanded.textOf(document, hidden))
    const verdict = evaluatePreconditions(conditions.value, document.version, revision)
    if (verdict === 'ifMatchFailed')
      return sendProblem(reply, preconditionFailed(verdict, compiled.etag(document.version, hidden)))
    const caching =
      expand === undefined ? compiled.caching : cachingHeaders(joinedCacheRule(resource.cache, expand))
    reply.headers(isCertain(request.startedAtMs) ? caching.certain : caching.uncertain)
    reply.header('etag', documentEtag(document.version, revision))
    const tags = [compiled.documentTag(id), compiled.revisionTag, ...(expanded?.tags ?? [])]
    reply.header(headers.cacheTag, tags.join(','))
    // A 304 has them, too: they are those of the same version, and the rule may be another one.
    const attributes = compiled.ruleAttributes(document.fields, hidden)
    if (attributes !== undefined) reply.header(headers.ruleAttributes, attributes)
    if (verdict === 'ifNoneMatchFailed') return reply.code(304).send()
    reply.header('content-type', jsonType)
    return reply.send(shownText(compiled, document, { fields, hidden, expanded }))
  }
}

/** Fields of a document that the caller may read. */
interface Shown {
  readonly fields: readonly string[] | undefined
  readonly hidden: HiddenFields
  readonly expanded: Expanded | undefined
}

function shownText(
  { serialize }: CompiledView,
  document: StoredDocument,
  { fields, hidden, expanded }: Shown,
): string {
  const text = serialize(document, fields, hidden)
  return expanded === undefined
    ? text
    : `${text.slice(0, -1)},"expanded":${expanded.textOf(document, hidden)}}`
}

/**
 * Revision in the ETag of a document with expanded ones: it changes with what is expanded. The version in the tag
 * remains the document's own, so the tag is valid in the If-Match of a write. 60 bits in base 36.
 */
const expandedRevision = (revision: string, text: string): string =>
  BigInt(`0x${hash('sha256', `${revision}\n${text}`, 'hex').slice(0, 15)}`).toString(36)

/** A 404 that must not be cached. */
export const perhapsNoSuchDocument: Problem = {
  ...noSuchDocument,
  headers: { [edgeCacheControl]: 'no-store' },
}

/** Whether an access rule allows this caller this document. */
export const isAllowed = (
  audience: Audience,
  { fields }: Pick<StoredDocument, 'fields'>,
  { principal }: Pick<FastifyRequest, 'principal'>,
): boolean => satisfies(audience.of(principal), fields)

/** GET and HEAD of a list. */
export function listHandler(
  compiled: CompiledView,
  repository: Repository,
  { listTimeoutMs, isCertain, views, totals }: ReadOptions,
): Handler {
  const { view } = compiled
  const { resource } = view
  const parse = remembering((search) => parseListQuery(view, search), 1_000)
  const pages = new SharedPages()
  return async (request, reply) => {
    const query = parse(searchOf(request.url))
    if (!query.ok) return sendProblem(reply, query.problem)
    const ifNoneMatch = request.headers['if-none-match']
    const residual = resource.audiences.read.of(request.principal)
    const hiddenComparison = refuseComparison(compiled, query.value, request.principal)
    if (hiddenComparison !== undefined) return sendProblem(reply, hiddenComparison)
    // Limits the time of a list even for a patient caller: a slow scan holds resources that many short reads need.
    const deadlineMs = Math.min(request.deadlineMs, request.startedAtMs + listTimeoutMs)
    const call = callOf({ deadlineMs, raw: request.raw, priority: request.priority })
    const outcome = await repository.list(resource, query.value, residual, call)
    /** Number of documents in the list; needs no query if the list is a single page. */
    const countOf = ({ documents, more }: Page): CountOutcome | Promise<CountOutcome> =>
      query.value.after === undefined && !more
        ? { kind: 'counted', value: documents.length, isMore: false }
        : repository.count(resource, query.value, residual, call)
    if (outcome.kind === 'notDone') return sendFailure(reply, outcome)
    const count = query.value.counts === true ? await countOf(outcome) : undefined
    if (count?.kind === 'notDone') return sendFailure(reply, count)
    const { expand, fields, filters } = query.value
    const { principal } = request
    const expanded =
      expand &&
      (await expandAll({ repository, views, totals }, expand, outcome.documents, {
        ...{ route: request.target.route, principal, call },
      }))
    if (expanded?.kind === 'notDone') return sendFailure(reply, expanded)
    const textForCaller = (): PageText => {
      const items = outcome.documents.map((document) => {
        const hidden = compiled.hiddenFrom(document.fields, principal)
        return shownText(compiled, document, { fields, hidden, expanded })
      })
      const cursor = outcome.more ? nextCursor(compiled, query.value, outcome.documents) : undefined
      const body = listBody(items, { cursor, count })
      // Uses a digest of the body as the tag, so that it changes with everything in the answer.
      return { body, etag: `"${hash('sha256', body, 'base64url').slice(0, 22)}"`, cursor }
    }
    const isForAll = expanded === undefined && count === undefined && !resource.fieldAccess.hidesSome
    const { body, etag, cursor } = isForAll
      ? pages.textOf(outcome.documents, query.value, textForCaller)
      : textForCaller()
    const isNotModified = ifNoneMatch !== undefined && namesListEtag(ifNoneMatch, etag)
    const caching =
      expand === undefined ? compiled.caching : cachingHeaders(joinedCacheRule(resource.cache, expand))
    reply.headers(isCertain(request.startedAtMs) ? caching.certain : caching.uncertain)
    reply.header('etag', etag)
    const tags = [...compiled.listTags(filters, principal), compiled.revisionTag, ...(expanded?.tags ?? [])]
    reply.header(headers.cacheTag, tags.join(','))
    if (cursor !== undefined) reply.header('link', linkToNext(compiled, query.value, cursor))
    if (isNotModified) return reply.code(304).send()
    reply.header('content-type', jsonType)
    return reply.send(body)
  }
}

function listBody(
  items: readonly string[],
  { cursor, count }: { readonly cursor: string | undefined; readonly count: Counted | undefined },
): string {
  const next = cursor === undefined ? 'null' : `"${cursor}"`
  const counted = count === undefined ? '' : `,"count":${JSON.stringify(shownCount(count))}`
  return `{"items":[${items.join()}],"nextCursor":${next}${counted}}`
}

const shownCount = ({ value, isMore }: Counted): Count => ({ value, relation: isMore ? 'gte' : 'eq' })

function nextCursor(compiled: CompiledView, query: ListQuery, documents: readonly StoredDocument[]): string {
  // The casts are safe: a page with a next one is not empty, and sort fields hold values of cursors by definition.
  const last = documents.at(-1) as StoredDocument
  const { id, distance, score } = last
  const special: Readonly<Record<string, unknown>> = {
    ...{ _id: id, [distancePath]: distance, [scorePath]: score },
  }
  const values = query.sort.map(({ path }) => (special[path] ?? valueAt(last.fields, path)) as CursorValue)
  return encodeCursor(compiled.view, query, values)
}

/** Link to the next page (RFC 8288), relative to the list, beside the `Link` of a deprecated version. */
function linkToNext({ path, successorLink }: CompiledView, { canonical }: ListQuery, cursor: string): string {
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
      // The cast is safe: the map has entries.
      if (remembered.size >= sizeMax) remembered.delete(remembered.keys().next().value as string)
      remembered.set(text, parsed)
    }
    return parsed
  }
}
