import {
  type Application,
  apiKeysIn,
  headers,
  internalError,
  limits,
  plansIn,
  type Resource,
} from '@spillway/origin/contract'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { compileGuards } from './action/guards.ts'
import { matchAnswers, matchImplementations } from './action/match-implementations.ts'
import { routeActions } from './action/route-actions.ts'
import { routeQueries } from './action/route-queries.ts'
import { keyHandlers } from './api-keys/handlers.ts'
import { routeAskedKeys } from './api-keys/route-asked-keys.ts'
import { matchBackground } from './background/match-background.ts'
import type { ReadChanges } from './events/read-changes.ts'
import { compileExports } from './export/compile-exports.ts'
import type { ExportBounds } from './export/export-stream.ts'
import { compileFeeds, type FeedBounds } from './feed/compile-feeds.ts'
import { historyHandler } from './history/history-handler.ts'
import { answerUnmatched, entryStage, isOperational, requestId, unmatchedStage } from './http/entry.ts'
import { parseJsonBody } from './http/json-body.ts'
import { answerClientError, problemOf, sendProblem } from './http/problem.ts'
import { declareRequest } from './http/request.ts'
import { countForSlo } from './observe/count-for-slo.ts'
import type { Metrics } from './observe/metrics.ts'
import type { RequestLog } from './observe/request-log.ts'
import type { RequestTimes } from './observe/request-times.ts'
import type { Tracing } from './observe/tracing.ts'
import type { Health } from './ops/health.ts'
import { routeHealth } from './ops/health.ts'
import { createPages, routePages } from './ops/pages.ts'
import { releaseAdmission } from './overload/admission.ts'
import type { AdmissionControl } from './overload/admission-control.ts'
import type { CompiledView } from './resource/compiled-view.ts'
import { askInOrder } from './resource/guarding.ts'
import type { IsCertain } from './resource/reads.ts'
import { compileReferences } from './resource/references.ts'
import { compileViews, routeResources } from './resource/resources.ts'
import { Turns } from './resource/turns.ts'
import { noServerCode, type ServerCode } from './server-code.ts'
import type { Commits } from './store/commits.ts'
import type { HistoryLog } from './store/history-log.ts'
import type { Repository } from './store/repository.ts'
import type { TlsMaterial } from './trust/tls.ts'
import { type AssertionVerifier, trustStage } from './trust/trust.ts'
import type { CountUsage } from './usage/count-usage.ts'
import { routeUsage } from './usage/route-usage.ts'

export interface AppOptions {
  readonly application: Application
  /** Code of the application's actions, guards and endpoints. @default none */
  readonly server?: ServerCode
  readonly repository: Repository
  readonly commits: Commits
  /** The log of changes, for the feeds. */
  readonly changes: ReadChanges
  readonly history: Pick<HistoryLog, 'newest' | 'page'>
  readonly verifier: AssertionVerifier
  readonly admission: AdmissionControl
  readonly health: Health
  readonly metrics: Metrics
  readonly requestLog: RequestLog
  /** Records requests as spans. @default none */
  readonly tracing?: Tracing | undefined
  /** Parts of the time of requests that ask for them. @default no request is answered */
  readonly times?: RequestTimes | undefined
  /** Whether a read that began at a time (`performance.now()`) has seen every acknowledged write. @default always */
  readonly isCertain?: IsCertain
  /** Time limit of one list, in ms. @default 800 */
  readonly listTimeoutMs?: number
  /**
   * Time limit for a whole request to arrive, in ms: a slow body must not hold a slot for long. The edge usually gives
   * up sooner. @default 10 000
   */
  readonly arrivalTimeoutMs?: number
  /** Bounds of each export that differ from the usual ones. @default none */
  readonly exportBounds?: Partial<ExportBounds>
  /** Bounds of change feeds that differ from the usual ones. @default none */
  readonly feedBounds?: Partial<FeedBounds>
  /** Called with the ids of API keys that an edge has seen in use. @default nothing */
  readonly onKeyUse?: (ids: readonly string[]) => void
  /** Counts the usage of callers with a plan. @default none is counted */
  readonly countUsage?: CountUsage | undefined
  /** Certificate and key to serve HTTPS with. @default plain HTTP */
  readonly tls?: TlsMaterial | undefined
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number
}

/**
 * HTTP side of the origin, stage by stage: enter → trust → match → gate → admit → parse → handle → answer → release.
 * Everything that does not depend on a request is computed here, once.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const {
    application,
    server = noServerCode,
    repository,
    commits,
    changes,
    history,
    verifier,
    admission,
    health,
    metrics,
    requestLog,
    tracing,
    times,
    clock = Date.now,
    isCertain = () => true,
    listTimeoutMs = 800,
    arrivalTimeoutMs = 10_000,
    exportBounds,
    feedBounds,
    onKeyUse = () => {},
    countUsage,
    tls,
  } = options
  const now = () => performance.now()
  const implementations = matchImplementations(application, server, keyHandlers)
  const answers = matchAnswers(application, server)
  matchBackground(application, server)
  const http = {
    maxHeaderSize: limits.forwardedHeadBytesMax,
    headersTimeout: arrivalTimeoutMs,
    // Node checks for late requests every 30 s by default, so that each would hold its slot for that long.
    connectionsCheckingInterval: Math.min(1_000, arrivalTimeoutMs),
  }
  const app = Fastify({
    // Requests are logged once, by `RequestLog`, when they end: a child logger per request costs more than a read.
    logger: false,
    genReqId: requestId,
    requestIdHeader: false,
    bodyLimit: limits.bodyBytesMax,
    // Longer than the edge's and the load balancer's, so that the origin never closes a connection that they are about
    // to use.
    keepAliveTimeout: 75_000,
    requestTimeout: arrivalTimeoutMs,
    // The entry stage refuses them as a problem instead.
    return503OnClosing: false,
    ...(tls === undefined
      ? { http }
      : // Fastify's types give an HTTPS application another server type. The cast hides the difference, which nothing here uses.
        ({ https: { ...http, ...tls, handshakeTimeout: arrivalTimeoutMs } } as object)),
    routerOptions: { maxParamLength: limits.urlLengthMax },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, requestId({ headers: {} })),
    // Answers a path that cannot be decoded, which reaches no stage.
    frameworkErrors: (error, request, reply) => {
      reply.header(headers.requestId, request.id)
      sendProblem(reply, problemOf(error))
    },
  })
  declareRequest(app)

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    // A malformed body is returned as a value: an error would make Fastify close the connection.
    // The cast is safe: `parseAs` makes the body a buffer.
    (_request, body, done) => done(null, parseJsonBody(body as Buffer)),
  )

  const load = () => admission.load(now())
  app.addHook('onRequest', entryStage({ now, load, isDraining: () => health.isDraining, times }))
  const trust = trustStage(verifier, clock)
  app.addHook('onRequest', (request, reply, done) => {
    if (isOperational(request)) done()
    else trust.call(app, request, reply, done)
  })
  if (tracing !== undefined) {
    app.addHook('onRequest', (request, _reply, done) => {
      tracing.begin(request)
      done()
    })
  }
  const pages = createPages(application)
  const paths = { catalogue: application.resources, pages }
  app.addHook('onRequest', unmatchedStage(paths))
  // Frees the slot when the answer is handed to the socket, not when it has been sent: `onResponse` does not run for a
  // caller who has left, and the slot would be lost.
  app.addHook('onSend', (request, reply, _payload, done) => {
    const endedAtMs = now()
    const { statusCode } = reply
    const { startedAtMs, admittedAtMs } = request
    const timing = times?.end(request.raw, { startedAtMs, admittedAtMs, endedAtMs })
    if (timing !== undefined) reply.header('server-timing', timing)
    releaseAdmission(admission, request, statusCode, endedAtMs)
    metrics.onAnswer(request.target, statusCode, endedAtMs - request.startedAtMs, request.problem?.code)
    countForSlo(metrics.slo, request, statusCode, endedAtMs)
    requestLog.onAnswer(request, statusCode, endedAtMs - request.startedAtMs)
    tracing?.end(request, statusCode)
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, request.raw)
    requestLog.onError(request, problem, error)
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => answerUnmatched(paths, request, reply))

  routeHealth(app, { health, metrics })
  routePages(app, pages)
  const views = compileViews({ paths, clock })
  const guarding = { catalogue: paths.catalogue, repository, guards: server.guards, isCertain }
  const guardsOf = (resource: Resource) =>
    askInOrder(compileReferences(guarding, resource), compileGuards(guarding, resource))
  const shared = {
    paths,
    repository,
    admission,
    clock,
    isCertain,
    guardsOf,
    turns: new Turns(),
    totals: metrics.work,
  }
  const onDefect = (request: FastifyRequest, error: unknown) =>
    requestLog.onError(request, internalError, error)
  const exportsOf = compileExports(app, {
    repository,
    load,
    totals: metrics.work,
    onDefect,
    ...(exportBounds !== undefined && { bounds: exportBounds }),
  })
  const feeds = compileFeeds(app, {
    ...{ read: changes, repository, load, clock, onDefect },
    ...(feedBounds !== undefined && { bounds: feedBounds }),
  })
  metrics.feedReaders = feeds.readers
  const historyOf = (compiled: CompiledView) => historyHandler(compiled, { repository, history, isCertain })
  routeResources(app, views, { ...shared, listTimeoutMs, exportsOf, feedOf: feeds.handlerOf, historyOf })
  routeActions(app, views, { ...shared, commits, implementations })
  routeQueries(app, views, { ...shared, answers })
  if (countUsage !== undefined && plansIn(application.resources) !== undefined) routeUsage(app, countUsage)
  const keys = apiKeysIn(application.resources)
  if (keys !== undefined) routeAskedKeys(app, { resource: keys, repository, clock, onUse: onKeyUse })
  await app.ready()
  return app
}
