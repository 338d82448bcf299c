import type { CursorValue, Principal, Query, QueryResource } from '@spillway/origin/contract'
import type { Static, TObject } from 'typebox'
import type { QueryStore } from './query-store.ts'

/** Context of a query's handler. */
export interface QueryContext<Parameters extends TObject = TObject> {
  /** The checked query string. */
  readonly parameters: Static<Parameters>
  /** Reads documents. The reads determine the tags that purge a stored answer. */
  readonly store: QueryStore
  /** Subject of the token; `undefined` without a token, or if callers share stored answers. */
  readonly subject: string | undefined
  /** The caller; `undefined` without a token, or if answers are stored. */
  readonly principal: Principal | undefined
  /** Time of the request, RFC 3339 in UTC. A stored answer keeps the time of the request that it was made for. */
  readonly now: string
  /** Aborted when the deadline has passed or the caller has left. Pass it to everything that the handler awaits. */
  readonly signal: AbortSignal
}

/** A query with its handler. */
export interface QueryImplementation {
  readonly query: Query
  readonly answer: (context: QueryContext) => unknown
}

/** Parsed values of a query string, by parameter. */
export type ParameterValues = Readonly<Record<string, CursorValue>>

/** Defines the handler of a query. Server code: never bundled into the Worker. */
export function answer<On extends QueryResource, Parameters extends TObject, Output extends TObject>(
  query: Query<On, Parameters, Output>,
  handler: (context: QueryContext<Parameters>) => Static<Output> | Promise<Static<Output>>,
): QueryImplementation {
  // The casts only hide the type parameters, which match each other. The query's schemas validate the handler's
  // arguments.
  return { query: query as unknown as Query, answer: handler as unknown as QueryImplementation['answer'] }
}
