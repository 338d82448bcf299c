import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { ExportFormat, Operation, Parsed, Principal, Priority, Problem } from '@spillway/origin/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OwnTime } from '../lib/own-time.ts'
import type { Author, Call } from '../store/repository.ts'

/** State of a request, filled in by the stages. Declared up front, so that all requests share one hidden class. */
declare module 'fastify' {
  interface FastifyRequest {
    /** `undefined` for a caller without a token. Set by the trust stage. */
    principal: Principal | undefined
    /** Route and operation, for metrics and logs. */
    target: Target
    /** Time at which the head of the request was read, by `performance.now()`. */
    startedAtMs: number
    /** Time at which the caller stops waiting, by `performance.now()`. */
    deadlineMs: number
    /** Time at which admission gave it a slot, by `performance.now()`; 0 while it holds none. */
    admittedAtMs: number
    /** Set by admission. */
    priority: Priority
    /** Time that the limit must not count; `undefined` for a request that runs no code of the application. */
    ownTime: OwnTime | undefined
    /** Export format of the list; `undefined` for JSON. Set by the gate. */
    exportFormat: ExportFormat | undefined
    /** The problem that was sent as the answer. */
    problem: Problem | undefined
    /** An error that the answer does not show; logged when the request has ended. */
    defect: unknown
  }
}

export interface Target {
  /** Path pattern; never contains an id or other text of the caller. */
  readonly route: string
  readonly operation: Operation | 'unmatched' | 'ops' | 'page'
  /**
   * Whether its latency is no sample of the load, because it may wait for other things than the database. @default
   * false
   */
  readonly takesItsTime?: boolean
}

export const unmatched: Target = { route: 'unmatched', operation: 'unmatched' }

export function declareRequest(app: FastifyInstance): void {
  app.decorateRequest('principal', undefined)
  // Fastify refuses a reference as a default, because all requests would share it. The cast is safe, because the entry
  // stage sets the target first of all.
  app.decorateRequest('target', undefined as never)
  app.decorateRequest('startedAtMs', 0)
  app.decorateRequest('deadlineMs', 0)
  app.decorateRequest('admittedAtMs', 0)
  app.decorateRequest('priority', 'normal')
  app.decorateRequest('ownTime', undefined)
  app.decorateRequest('exportFormat', undefined)
  app.decorateRequest('problem', undefined)
  app.decorateRequest('defect', undefined)
}

/** Value of a header. The cast is safe: Node joins the lines of every header but `Set-Cookie`. */
export const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined =>
  headers[name] as string | undefined

/** Id in the path. The cast is safe: only routes with `:id` in their path read it. */
export const idOf = ({ params }: FastifyRequest): string => (params as { readonly id: string }).id

/** Parsed JSON body. The cast is safe: the parser of JSON returns this type, and the gate requires a body. */
export const bodyOf = ({ body }: FastifyRequest): ParsedBody => body as ParsedBody

/** A parsed body: its value and original text, or the problem with it. */
export type ParsedBody = JsonBody | Extract<Parsed<never>, { ok: false }>

export interface JsonBody {
  readonly ok: true
  readonly value: unknown
  readonly text: string
}

/**
 * Deadline, priority and abort signal of a request, for the store. The store only reads `signal.aborted`, when a batch
 * is sent. perf: reads the socket's state, because an AbortController with a listener per request would cost more.
 */
export function callOf({
  deadlineMs,
  raw,
  priority,
}: {
  deadlineMs: number
  raw: IncomingMessage
  priority: Priority
}): Call {
  return { deadline: deadlineMs, priority, signal: new Presence(raw) }
}

/** The same for a request that may run code of the application, whose time is measured. */
export function callOfCode(request: FastifyRequest): Call & { readonly ownTime: OwnTime } {
  request.ownTime ??= new OwnTime()
  return { ...callOf(request), ownTime: request.ownTime, author: authorOf(request) }
}

/** The caller as author of what the request writes. @param via the action that writes */
export const authorOf = ({ principal, id }: FastifyRequest, via?: string): Author => ({
  ...(principal !== undefined && { by: principal.subject }),
  ...(via !== undefined && { via }),
  request: id,
})

class Presence {
  readonly source: IncomingMessage

  constructor(source: IncomingMessage) {
    this.source = source
  }

  get aborted(): boolean {
    return this.source.socket.destroyed
  }
}
