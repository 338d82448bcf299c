import { type Application, problemBody, problemHeaders, problemStatus } from '@spillway/origin/contract'
import type { Env, Hono } from 'hono'
import type { Schema } from 'hono/types'
import { createApp } from './app.ts'
import { createPassThrough } from './cache/index.ts'
import { type Bindings, type Config, ConfigError, readConfig } from './config.ts'
import { docsRoutes } from './docs/routes.ts'
import type { Cors } from './http/cors.ts'
import { untilSetBack } from './lib/until-set-back.ts'
import { createSite, type Site } from './site.ts'
import { createParts } from './wire.ts'

type Handler = (request: Request, context: ExecutionContext) => Response | Promise<Response>

/**
 * The Worker that serves an application.
 *
 * @param routes routes that only the edge serves. @default none
 */
export function createWorker<E extends Env, S extends Schema, Path extends string>(
  application: Application,
  routes?: Hono<E, S, Path>,
): ExportedHandler<Bindings> {
  // Created once per isolate, since bindings never change during its life.
  const handlerOf = untilSetBack(
    (bindings: Bindings) =>
      createHandler(application, bindings, (config, cors) =>
        createSite(routes, docsRoutes(application, config), bindings, cors),
      ),
    Date.now,
  )
  return { fetch: (request, bindings, context) => handlerOf(bindings)(request, context) }
}

function createHandler(
  application: Application,
  bindings: Bindings,
  site: (config: Config, cors: Cors) => Site,
): Handler {
  try {
    const config = readConfig(bindings)
    const app = createApp(createParts(application, config, bindings, (cors) => site(config, cors)))
    if (config.passThrough === undefined) return app
    const passThrough = createPassThrough({
      ...config.passThrough,
      cacheApi: caches.default,
      fetch: (...call) => fetch(...call),
      now: Date.now,
    })
    return (request, context) => {
      const waitUntil = (work: Promise<unknown>): void => context.waitUntil(work)
      return passThrough.handle(request, waitUntil) ?? app(request, context)
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { mistakes } = error
    console.error(JSON.stringify({ level: 'error', kind: 'fault', what: 'configuration', mistakes }))
    return misconfigured
  }
}

function misconfigured(): Response {
  const problem = {
    code: 'internal-error',
    detail: 'The edge is misconfigured; its log lists the mistakes.',
  } as const
  return new Response(JSON.stringify(problemBody(problem, crypto.randomUUID())), {
    status: problemStatus(problem),
    headers: problemHeaders(problem),
  })
}
