import type { CursorValue, Principal, Query, QueryResource } from '@spillway/origin/contract'
import type { Static, TObject } from 'typebox'
import type { QueryStore } from './query-store.ts'

/** All that the handler of a query is given. */
export interface QueryContext<Parameters extends TObject = TObject> {
  /** The checked query string. */
  readonly parameters: Static<Parameters>
  /** Reads documents. What is read decides what purges a stored answer. */
  readonly store: QueryStore
  /** Subject of the token; `undefined` without one, and where callers share stored answers. */
  readonly subject: string | undefined
  /** The caller; `undefined` without a token, and where answers are stored. */
  readonly principal: Principal | undefined
  /** Time of the request, RFC 3339 in UTC. A stored answer is not asked for again when it has passed. */
  readonly now: string
  /** Aborted when the deadline has passed or the caller has left: to be handed to whatever the handler waits for. */
  readonly signal: AbortSignal
}

/** A query with the code that answers it. */
export interface QueryImplementation {
  readonly query: Query
  readonly answer: (context: QueryContext) => unknown
}

/** Values of a query string, as a handler's context is made of them. */
export type ParameterValues = Readonly<Record<string, CursorValue>>

/** Gives a query its handler. Server code: it is in no Worker's bundle. */
export function answer<On extends QueryResource, Parameters extends TObject, Output extends TObject>(
  query: Query<On, Parameters, Output>,
  handler: (context: QueryContext<Parameters>) => Static<Output> | Promise<Static<Output>>,
): QueryImplementation {
  // The casts: the two types belong together, and whoever runs the handler has checked what it is given by the query.
  return { query: query as unknown as Query, answer: handler as unknown as QueryImplementation['answer'] }
}
