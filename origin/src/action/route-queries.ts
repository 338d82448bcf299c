import { type Query, routesOf } from '@spillway/origin/contract'
import type { FastifyInstance } from 'fastify'
import type { KnownPaths } from '../http/entry.ts'
import { admissionStage } from '../overload/admission.ts'
import type { AdmissionControl } from '../overload/admission-control.ts'
import { gateStage } from '../resource/gate.ts'
import type { CompiledViews } from '../resource/resources.ts'
import { compileQueryView, type QueryOptions, queryHandler } from './query-handler.ts'
import type { QueryImplementation } from './query-implementation.ts'

export interface RouteQueriesOptions
  extends Pick<QueryOptions, 'repository' | 'isCertain' | 'clock' | 'totals'> {
  readonly paths: KnownPaths
  readonly admission: AdmissionControl
  readonly answers: ReadonlyMap<Query, QueryImplementation>
}

/** Routes the queries of every resource. */
export function routeQueries(
  app: FastifyInstance,
  { views, compilers, startedAtMs }: CompiledViews,
  options: RouteQueriesOptions,
): void {
  const { paths, admission, answers, clock } = options
  for (const compiled of views) {
    for (const route of routesOf(compiled.view)) {
      const { path, operation, query } = route
      if (query === undefined) continue
      // The cast is safe: a query without a handler stops the start (match-implementations.ts).
      const implementation = answers.get(query) as QueryImplementation
      const view = compileQueryView(compiled, implementation, startedAtMs)
      app.route({
        method: 'GET',
        url: path,
        onRequest: [
          gateStage(view, route, { route: path, operation }, clock),
          admissionStage(admission, query.priority),
        ],
        handler: queryHandler(view, implementation, {
          ...options,
          ...{ compilers, startedAtMs, catalogue: paths.catalogue },
        }),
      })
    }
  }
}
