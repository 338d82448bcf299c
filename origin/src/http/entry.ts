import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  type Catalogue,
  deadline,
  formatLoad,
  headers,
  type Load,
  limits,
  matchRoute,
  methodNotAllowed,
  opsPaths,
  parseTimeout,
  type RouteMatch,
  uriTooLong,
} from '@spillway/origin/contract'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { sendProblem } from './problem.ts'
import { headerOf, unmatched } from './request.ts'

/** First stage of every request, and the answers to requests that match no route. */

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Returns the edge's request id, so that log lines of both tiers share it; a new one if the request has none. */
export function requestId(raw: Pick<IncomingMessage, 'headers'>): string {
  const sent = raw.headers[headers.requestId]
  return typeof sent === 'string' && uuid.test(sent) ? sent : randomUUID()
}

/** Paths for the load balancer and for operators: no assertion, no admission, open while draining. */
const operational: ReadonlySet<string> = new Set(Object.values(opsPaths))

export const isOperational = (request: FastifyRequest): boolean => operational.has(request.url)

export interface EntryOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  readonly load: () => Load
  readonly isDraining: () => boolean
  /** @default no request may ask for the parts of its time */
  readonly times?: { begin(source: object): void; drop(source: object): void } | undefined
}

/** Records start and deadline of the request, sets the common response headers, and refuses work while draining. */
export function entryStage({ now, load, isDraining, times }: EntryOptions): onRequestHookHandler {
  const loadText = sampled(() => formatLoad(load()), 10)
  return (request, reply, done) => {
    const startedAtMs = now()
    request.target = unmatched
    request.startedAtMs = startedAtMs
    request.deadlineMs =
      startedAtMs + (parseTimeout(headerOf(request.headers, headers.timeoutMs)) ?? deadline.budgetMs)
    reply.header(headers.requestId, request.id)
    reply.header(headers.load, loadText(startedAtMs))
    if (times !== undefined && request.headers[headers.timing] === '1') {
      times.begin(request.raw)
      // A caller who leaves gets no answer.
      reply.raw.once('close', () => times.drop(request.raw))
    }
    if (isDraining()) {
      reply.header('connection', 'close')
      if (!isOperational(request)) {
        const detail = 'This instance is shutting down. Nothing was done; retry the request.'
        sendProblem(reply, { code: 'draining', detail, retryAfterSeconds: 1 })
        return
      }
    }
    done()
  }
}

/** Computes a value at most once per interval: the load in an answer may be some requests old. */
function sampled<Value>(compute: () => Value, intervalMs: number): (now: number) => Value {
  let value = compute()
  let computedAt = Number.NEGATIVE_INFINITY
  return (now) => {
    if (now - computedAt >= intervalMs) {
      value = compute()
      computedAt = now
    }
    return value
  }
}

/**
 * Answers requests that match no route, before a body is read. A path with a percent-encoded character matches none: no
 * valid path needs one, and a document must have only one URL.
 */
export function unmatchedStage(paths: KnownPaths): onRequestHookHandler {
  return (request, reply, done) => {
    const url = request.url
    if (url.length > limits.urlLengthMax) {
      sendProblem(reply, uriTooLong)
    } else if (request.is404 || pathOf(url).includes('%') || url.includes('#')) {
      answerUnmatched(paths, request, reply)
    } else {
      done()
    }
  }
}

/** Served routes, to tell a wrong method from an unknown path. */
export interface KnownPaths {
  readonly catalogue: Catalogue
  /** Paths of pages, beside those of the resources. */
  readonly pages: { has(path: string): boolean }
}

const pageMethods = ['GET', 'HEAD', 'OPTIONS'] as const

/** Answers 404, 405 with Allow, or OPTIONS (RFC 9110 §9.3.7). CORS is the edge's task. */
export function answerUnmatched(
  { catalogue, pages }: KnownPaths,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const method = request.method
  const path = pathOf(request.url)
  const match: RouteMatch = pages.has(path)
    ? { kind: method === 'OPTIONS' ? 'options' : 'methodNotAllowed', allow: pageMethods }
    : matchRoute(catalogue, method, path)
  switch (match.kind) {
    case 'options':
      reply.code(204).header('allow', match.allow.join(', ')).send()
      return
    case 'methodNotAllowed':
      sendProblem(reply, methodNotAllowed(match.allow))
      return
    default: {
      const detail = match.kind === 'notFound' ? match.detail : 'No such path.'
      sendProblem(reply, { code: 'not-found', detail })
    }
  }
}

/** The request's path, as sent. */
export function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** The request's query, as sent, without `?`. */
export function searchOf(url: string): string {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start + 1)
}
