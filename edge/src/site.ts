import { edgeHealthPath, methodNotAllowed, type Problem, publicPaths } from '@spillway/origin/contract'
import { type Context, type Env, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { matchedRoutes } from 'hono/route'
import { secureHeaders } from 'hono/secure-headers'
import type { Schema } from 'hono/types'
import type { Bindings } from './config.ts'
import type { DocsEnv } from './docs/routes.ts'
import { type Exchange, principalOf } from './exchange.ts'
import type { Cors } from './http/cors.ts'
import type { PagePlan, UnmatchedPlan } from './http/request-plan.ts'
import { type Pipeline, run } from './pipeline.ts'
import type { EdgeEnv } from './routes.ts'
import { type AnswerParts, pageAnswer, problemAnswer } from './stage/answer.ts'
import { optionsAnswer } from './stage/identify.ts'
import { type LimitParts, limitInLocation } from './stage/limit.ts'
import { fromMemory, type LookupParts, shedOrStored, throughCache } from './stage/lookup.ts'
import { recover } from './stage/recover.ts'

export type SiteParts = LookupParts & LimitParts & AnswerParts

/** Serves everything outside the contract. Its requests are verified and counted like all others. */
export interface Site {
  answer(exchange: SiteExchange, parts: SiteParts): Response | Promise<Response>
}

type SiteExchange = Exchange<PagePlan | UnmatchedPlan>

/** Stages of a documentation page: served from the cache if stored, otherwise from the origin. */
export const pageStages: Pipeline<Exchange<PagePlan>, SiteParts> = [
  fromMemory,
  shedOrStored,
  limitInLocation,
  throughCache,
]

interface SiteEnv extends EdgeEnv {
  readonly Variables: EdgeEnv['Variables'] & {
    readonly exchange: SiteExchange
    readonly parts: SiteParts
  }
}

/**
 * Routes everything outside the contract through hono: the documentation, the origin's pages, the edge's health and the
 * application's own routes. Adds CORS and security headers to all of them, and answers unknown routes with a problem
 * (decision 16).
 */
export function createSite<E extends Env, S extends Schema, Path extends string>(
  routes: Hono<E, S, Path> | undefined,
  docs: Hono<DocsEnv>,
  bindings: Bindings,
  cors: Cors,
): Site {
  const underway = new WeakMap<Request, { readonly exchange: SiteExchange; readonly parts: SiteParts }>()
  const app = new Hono<SiteEnv>()
  app.use(async (c, next) => {
    const visit = underway.get(c.req.raw)
    if (visit === undefined) throw new Error('a site answers exchanges alone')
    c.set('exchange', visit.exchange)
    c.set('parts', visit.parts)
    notePattern(c)
    await next()
    addMissing(c.res.headers, cors.always)
  })
  app.use(secureHeaders(security))
  app.route('/', docs)
  app.get(pagePaths, async (c, next) => {
    const { exchange, parts } = c.var
    if (!isPage(exchange)) return await next()
    return pageAnswer(exchange, await run(pageStages, exchange, parts), parts)
  })
  app.get(edgeHealthPath, (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }))
  app.use(async (c, next) => {
    const { exchange } = c.var
    c.set('requestId', exchange.requestId)
    c.set('principal', principalOf(exchange))
    await next()
  })
  if (routes !== undefined) app.route('/', routes)
  app.options('*', (c) => {
    const allow = methodsAt(app, c.req.path)
    return allow.length === 0 ? c.notFound() : optionsAnswer(c.var.exchange, [...allow, 'OPTIONS'], cors)
  })
  app.notFound((c) => {
    const { exchange, parts } = c.var
    const allow = methodsAt(app, c.req.path)
    if (allow.length > 0 && !allow.includes(c.req.method)) {
      return problemAnswer(exchange, methodNotAllowed([...allow, 'OPTIONS']), parts)
    }
    return problemAnswer(exchange, exchange.plan.kind === 'page' ? noPage : exchange.plan.problem, parts)
  })
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    const { exchange, parts } = c.var
    return problemAnswer(exchange, recover(exchange, error, parts), parts)
  })
  return {
    answer(exchange, parts) {
      underway.set(exchange.request, { exchange, parts })
      return app.fetch(exchange.request, bindings, exchange.context)
    },
  }
}

/** Pages of the origin. */
const pagePaths = `${publicPaths.problems}/*`

/**
 * Omits HSTS, which applies to a whole zone and belongs in its settings. `overwrite` is off: a route's own value wins.
 */
const security = {
  overwrite: false,
  strictTransportSecurity: false,
  crossOriginResourcePolicy: 'cross-origin',
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const

const isPage = (exchange: SiteExchange): exchange is Exchange<PagePlan> => exchange.plan.kind === 'page'

/** Appends each header that is not set yet: a stored page already has them. */
function addMissing(headers: Headers, fields: Cors['always']): void {
  for (const [name, value] of fields) {
    if (headers.get(name)?.includes(value) !== true) headers.append(name, value)
  }
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

const noPage: Problem = { code: 'not-found', detail: 'There is no such page.' }

/** Methods that have a handler at this path. Skips middleware, and pages, whose methods `planPage` knows. */
function methodsAt(app: Hono<SiteEnv>, path: string): readonly string[] {
  const found = methods.filter((method) =>
    app.router
      .match(method, path)[0]
      .some(([[, { method: of, path: pattern }]]) => of !== 'ALL' && pattern !== pagePaths),
  )
  return found.includes('GET') ? ['GET', 'HEAD', ...found.filter((method) => method !== 'GET')] : found
}

/** Records the matched route for the log, the only name there for an application's own path. */
function notePattern(c: Context<SiteEnv>): void {
  const { plan } = c.var.exchange
  if (plan.kind === 'page') return
  const asked = c.req.method === 'HEAD' ? 'GET' : c.req.method
  plan.pattern = matchedRoutes(c).findLast(({ method }) => method === asked)?.path
}
