import { idPattern, type Operation, routesOf, viewsOf } from '@spillway/origin/contract'
import type { FastifyInstance, HTTPMethods, onRequestHookHandler } from 'fastify'
import { answerUnmatched, type KnownPaths } from '../http/entry.ts'
import { admissionStage } from '../overload/admission.ts'
import type { AdmissionControl } from '../overload/admission-control.ts'
import type { Repository } from '../store/repository.ts'
import { batchHandler, createHandler } from './creates.ts'
import { gateStage } from './gate.ts'
import { compilePlan, type Plan } from './plan.ts'
import { type Handler, type IsCertain, listHandler, readHandler } from './reads.ts'
import { deleteHandler, patchHandler, replaceHandler } from './updates.ts'
import { createCompilers } from './validator.ts'

export interface ResourcesOptions {
  readonly paths: KnownPaths
  readonly repository: Repository
  readonly admission: AdmissionControl
  /** How long one list may take, in ms. */
  readonly listTimeoutMs: number
  readonly isCertain: IsCertain
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

type MakeHandler = (plan: Plan, repository: Repository, options: ResourcesOptions) => Handler

const handlers: Readonly<Record<Operation, MakeHandler>> = {
  list: listHandler,
  read: (plan, repository, { isCertain }) => readHandler(plan, repository, isCertain),
  create: createHandler,
  batchCreate: batchHandler,
  replace: replaceHandler,
  patch: patchHandler,
  delete: deleteHandler,
}

/** The contract's routes, with everything compiled that can be known before the first request. */
export function routeResources(app: FastifyInstance, options: ResourcesOptions): void {
  const { paths, repository, admission, clock } = options
  const compilers = createCompilers()
  const startedAtMs = clock()
  for (const view of viewsOf(paths.catalogue)) {
    const plan = compilePlan(view, compilers, startedAtMs)
    for (const { method, path, operation } of routesOf(view)) {
      const stages = [
        gateStage(plan, operation, { route: path, operation }, clock),
        admissionStage(admission, view.resource.priority),
      ]
      app.route({
        method: method as HTTPMethods,
        url: path,
        onRequest: path.endsWith('/:id') ? [idStage(paths, plan), ...stages] : stages,
        handler: handlers[operation](plan, repository, options),
      })
    }
  }
}

/** Sends what is in the place of an id, but is none, where it belongs: `batch` under another method among them. */
function idStage(paths: KnownPaths, { view }: Plan): onRequestHookHandler {
  const reserved = view.resource.batchSizeMax > 0 ? 'batch' : undefined
  return (request, reply, done) => {
    const { id } = request.params as { id: string }
    if (id === reserved || !idPattern.test(id)) answerUnmatched(paths, request, reply)
    else done()
  }
}
