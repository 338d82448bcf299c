import type { IncomingMessage } from 'node:http'
import type { Operation, Parsed, Principal, Problem } from '@spillway/origin/contract'
import type { FastifyInstance } from 'fastify'
import type { Call } from '../store/repository.ts'

/** State of a request that the stages fill in and hand on. Declared up front, so that every request has one shape. */
declare module 'fastify' {
  interface FastifyRequest {
    /** `undefined`: a caller without a token. Set by the trust stage. */
    principal: Principal | undefined
    /** Meaning of path and method, for metrics and logs. */
    target: Target
    /** When the request line and headers were read, by `performance.now()`. */
    startedAtMs: number
    /** When the answer is of no use any more, by `performance.now()`. */
    deadlineMs: number
    /** When admission let it in, by `performance.now()`; 0 while it holds no place. */
    admittedAtMs: number
    /** The problem that it was answered with. */
    problem: Problem | undefined
    /** An error behind an answer that does not show it; it is logged when the request has ended. */
    defect: unknown
  }
}

export interface Target {
  /** Path pattern: never a path with an id or a caller's text in it. */
  readonly route: string
  readonly operation: Operation | 'unmatched' | 'ops' | 'page'
  /** Whether its time is no measure of the load: it may wait for others than the database. @default false */
  readonly takesItsTime?: boolean
}

export const unmatched: Target = { route: 'unmatched', operation: 'unmatched' }

export function declareRequest(app: FastifyInstance): void {
  app.decorateRequest('principal', undefined)
  // A reference is refused as a default, because all requests would share it; the entry stage sets this one.
  app.decorateRequest('target', undefined as never)
  app.decorateRequest('startedAtMs', 0)
  app.decorateRequest('deadlineMs', 0)
  app.decorateRequest('admittedAtMs', 0)
  app.decorateRequest('problem', undefined)
  app.decorateRequest('defect', undefined)
}

/** A body as the parser has left it: a value and the text that it was sent as, or what is wrong with it. */
export type ParsedBody = JsonBody | Extract<Parsed<never>, { ok: false }>

export interface JsonBody {
  readonly ok: true
  readonly value: unknown
  readonly text: string
}

/**
 * The circumstances of a request's work for the store. `signal` is not a real one: the store only asks, when a batch
 * leaves, whether the caller is still there, and the socket knows. A controller with a listener for each request
 * would cost more than the question.
 */
export function callOf({ deadlineMs, raw }: { deadlineMs: number; raw: IncomingMessage }): Call {
  return { deadline: deadlineMs, signal: new Presence(raw) }
}

class Presence {
  readonly #raw: IncomingMessage

  constructor(raw: IncomingMessage) {
    this.#raw = raw
  }

  get aborted(): boolean {
    return this.#raw.socket.destroyed
  }
}
