import {
  feedName,
  idPattern,
  type OfferedRoute,
  type Operation,
  type Resource,
  routesOf,
  viewsOf,
} from '@spillway/origin/contract'
import type { FastifyInstance, HTTPMethods, onRequestHookHandler } from 'fastify'
import { answerUnmatched, type KnownPaths } from '../http/entry.ts'
import { idOf } from '../http/request.ts'
import type { WorkTotals } from '../observe/work-totals.ts'
import { admissionStage } from '../overload/admission.ts'
import type { AdmissionControl } from '../overload/admission-control.ts'
import type { Repository } from '../store/repository.ts'
import { batchHandler } from './batch-creates.ts'
import { type CompiledView, compileView } from './compiled-view.ts'
import { createHandler } from './creates.ts'
import type { ViewByRepresentation } from './expanding.ts'
import { gateStage } from './gate.ts'
import type { AskGuards } from './guarding.ts'
import { type Handler, type IsCertain, listHandler, readHandler } from './reads.ts'
import type { Turns } from './turns.ts'
import { deleteHandler, patchHandler, replaceHandler } from './updates.ts'
import { createCompilers, type SchemaCompilers } from './validator.ts'

export interface ResourcesOptions {
  readonly paths: KnownPaths
  readonly repository: Repository
  readonly admission: AdmissionControl
  /** Time limit of one list, in ms. */
  readonly listTimeoutMs: number
  readonly isCertain: IsCertain
  readonly totals: WorkTotals
  /** Guards of a resource, combined; `undefined` if it has none. */
  readonly guardsOf: (resource: Resource) => AskGuards | undefined
  readonly turns: Turns
  /** Handler of a view's exports; `undefined` if it has none. */
  readonly exportsOf: (compiled: CompiledView) => Handler | undefined
  /** Handler of a view's change feed. */
  readonly feedOf: (compiled: CompiledView) => Handler
  /** Handler of the history of a view's documents. */
  readonly historyOf: (compiled: CompiledView) => Handler
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

/** All views of the application, compiled before the first request. */
export interface CompiledViews {
  /** Start of this process's representation, in ms since the epoch. */
  readonly startedAtMs: number
  readonly views: readonly CompiledView[]
  readonly compilers: SchemaCompilers
}

export function compileViews({ paths, clock }: Pick<ResourcesOptions, 'paths' | 'clock'>): CompiledViews {
  const compilers = createCompilers()
  const startedAtMs = clock()
  return {
    startedAtMs,
    compilers,
    views: viewsOf(paths.catalogue).map((view) => compileView(view, compilers, startedAtMs)),
  }
}

type MakeHandler = (
  compiled: CompiledView,
  repository: Repository,
  options: ResourcesOptions & {
    readonly askGuards: AskGuards | undefined
    readonly views: ViewByRepresentation
  },
) => Handler

const handlers: Readonly<Record<Exclude<Operation, 'action' | 'query'>, MakeHandler>> = {
  changes: (compiled, _repository, { feedOf }) => feedOf(compiled),
  history: (compiled, _repository, { historyOf }) => historyOf(compiled),
  list: listHandler,
  read: readHandler,
  create: createHandler,
  batchCreate: batchHandler,
  replace: replaceHandler,
  patch: patchHandler,
  delete: deleteHandler,
}

/** Routes the standard operations of every resource. */
export function routeResources(
  app: FastifyInstance,
  { views }: CompiledViews,
  options: ResourcesOptions,
): void {
  const { paths, repository, admission, clock } = options
  const byRepresentation = new Map(views.map((compiled) => [compiled.view.representation, compiled]))
  for (const compiled of views) {
    const askGuards = options.guardsOf(compiled.view.resource)
    for (const route of routesOf(compiled.view)) {
      const { method, path, operation } = route
      if (operation === 'action' || operation === 'query') continue
      const handler = handlers[operation](compiled, repository, {
        ...options,
        askGuards,
        views: byRepresentation,
      })
      const exported = operation === 'list' ? options.exportsOf(compiled) : undefined
      const stages = [
        gateStage(compiled, route, { route: path, operation }, clock),
        admissionStage(admission, compiled.view.resource.priority),
      ]
      // The cast is safe: Fastify knows all methods of the contract.
      app.route({
        method: method as HTTPMethods,
        url: path,
        onRequest: [...idStages(paths, compiled, route), ...stages],
        handler:
          exported === undefined
            ? handler
            : (request, reply) => (request.exportFormat === undefined ? handler : exported)(request, reply),
      })
    }
  }
}

/** Answers paths with an invalid or reserved id as unmatched: `batch` with another method, for example. */
export function idStages(
  paths: KnownPaths,
  { view }: CompiledView,
  { path }: OfferedRoute,
): readonly onRequestHookHandler[] {
  if (!path.includes('/:id')) return []
  const { actions, batchSizeMax, events, queries } = view.resource
  const reserved = new Set<string>()
  // Names are reserved only directly below a list, not below a document.
  if (path.endsWith('/:id')) {
    if (batchSizeMax > 0) reserved.add('batch')
    if (events !== undefined) reserved.add(feedName)
    for (const { name, target } of actions.values()) if (target === 'collection') reserved.add(name)
    for (const name of queries.keys()) reserved.add(name)
  }
  return [
    (request, reply, done) => {
      const id = idOf(request)
      if (reserved.has(id) || !idPattern.test(id)) answerUnmatched(paths, request, reply)
      else done()
    },
  ]
}
