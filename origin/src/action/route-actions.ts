import { deadline, type OfferedRoute, type RawBody, type Resource, routesOf } from '@spillway/origin/contract'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { KnownPaths } from '../http/entry.ts'
import type { Target } from '../http/request.ts'
import { admissionStage } from '../overload/admission.ts'
import type { AdmissionControl } from '../overload/admission-control.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import { gateStage } from '../resource/gate.ts'
import { type CompiledViews, idStages } from '../resource/resources.ts'
import { compileStoredCheck, type SchemaCompilers, type StoredCheck } from '../resource/validator.ts'
import { type ActionOptions, actionHandler } from './action-handler.ts'
import { deadlineStage } from './deadline-stage.ts'
import { ServerCodeError } from './match-implementations.ts'

export interface RouteActionsOptions
  extends Pick<
    ActionOptions,
    'repository' | 'commits' | 'implementations' | 'guardsOf' | 'isCertain' | 'turns'
  > {
  readonly paths: KnownPaths
  readonly admission: AdmissionControl
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

/** Routes the actions of every resource. */
export function routeActions(
  app: FastifyInstance,
  { views, compilers }: CompiledViews,
  options: RouteActionsOptions,
): void {
  const { paths, admission, clock } = options
  const shared = {
    ...options,
    catalogue: paths.catalogue,
    compilers,
    storedCheck: storedChecks(compilers),
    viewOf: viewFinder(views),
  }
  for (const compiled of views) {
    for (const route of routesOf(compiled.view)) {
      const { path, action } = route
      if (action === undefined) continue
      const routed = {
        method: 'POST' as const,
        url: path,
        onRequest: [
          ...idStages(paths, compiled, route),
          gateStage(compiled, route, targetOf(route), clock),
          deadlineStage(action),
          admissionStage(admission, action.priority),
        ],
        handler: actionHandler(compiled, action, shared),
      }
      if (action.raw === undefined) app.route(routed)
      else routeRaw(app, action.raw, routed)
    }
  }
}

/** Routes an endpoint in a scope of its own, whose parser leaves every body as bytes. */
function routeRaw(app: FastifyInstance, { bytesMax }: RawBody, route: RouteOptions): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bytesMax }, (_request, body, done) =>
      done(null, body),
    )
    scope.route(route)
  })
}

/** Marks an action with a longer timeout: it may wait for other services, so its latency is no sample for the limit. */
const targetOf = ({ path, operation, action }: OfferedRoute): Target => ({
  route: path,
  operation,
  ...(action !== undefined && action.timeoutMs > deadline.budgetMs && { takesItsTime: true }),
})

/** Finds a view by resource and version, of which the definition has made sure. */
function viewFinder(views: readonly CompiledView[]): ActionOptions['viewOf'] {
  const byName = new Map(views.map((one) => [`${one.view.resource.name} ${one.view.version}`, one]))
  return (name, version) => {
    const found = byName.get(`${name} ${version}`)
    if (found === undefined)
      throw new ServerCodeError(`'${name}' is an output, and not in the application's resources`)
    return found
  }
}

/** Compiles one check for each resource that an action writes. */
export function storedChecks(compilers: SchemaCompilers): (resource: Resource) => StoredCheck {
  const checks = new Map<string, StoredCheck>()
  return (resource) => {
    const check = checks.get(resource.name) ?? compileStoredCheck(compilers, resource)
    checks.set(resource.name, check)
    return check
  }
}
