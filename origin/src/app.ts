import { type Application, headers, limits, type Resource } from '@spillway/origin/contract'
import Fastify, { type FastifyInstance } from 'fastify'
import { compileGuards } from './action/guards.ts'
import { noServerCode, type ServerCode } from './action/implementation.ts'
import { matchImplementations } from './action/match-implementations.ts'
import { routeActions } from './action/route-actions.ts'
import { answerUnmatched, entryStage, isOperational, requestId, unmatchedStage } from './http/entry.ts'
import { parseJsonBody } from './http/json-body.ts'
import { answerClientError, problemOf, sendProblem } from './http/problem.ts'
import { declareRequest } from './http/request.ts'
import type { Metrics } from './observe/metrics.ts'
import type { RequestLog } from './observe/request-log.ts'
import type { Health } from './ops/health.ts'
import { routeHealth } from './ops/health.ts'
import { createPages, routePages } from './ops/pages.ts'
import { releaseAdmission } from './overload/admission.ts'
import type { AdmissionControl } from './overload/admission-control.ts'
import { askInOrder } from './resource/guarding.ts'
import type { IsCertain } from './resource/reads.ts'
import { compileReferences } from './resource/references.ts'
import { compileViews, routeResources } from './resource/resources.ts'
import { Turns } from './resource/turns.ts'
import type { Commits } from './store/commits.ts'
import type { Repository } from './store/repository.ts'
import type { TlsMaterial } from './trust/tls.ts'
import { type AssertionVerifier, trustStage } from './trust/trust.ts'

export interface AppOptions {
  readonly application: Application
  /** Code of the application's actions. @default none */
  readonly server?: ServerCode
  readonly repository: Repository
  readonly commits: Commits
  readonly verifier: AssertionVerifier
  readonly admission: AdmissionControl
  readonly health: Health
  readonly metrics: Metrics
  readonly requestLog: RequestLog
  /** Whether what was read since a time (of `performance.now()`) has seen every acknowledged write. @default it has */
  readonly isCertain?: IsCertain
  /** How long one list may take, in ms. @default 800 */
  readonly listTimeoutMs?: number
  /**
   * How long a request may take to arrive, in ms: a body that trickles in must not hold a place for long. The edge gives
   * up sooner; this is for when it does not. @default 10 000
   */
  readonly arrivalTimeoutMs?: number
  /** Serves HTTPS with these. @default plain HTTP */
  readonly tls?: TlsMaterial | undefined
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number
}

/**
 * The HTTP half, stage by stage: enter → trust → (page | gate → admit → parse → handle) → answer → release.
 * Decisions that need no request are made here, once.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const {
    application,
    server = noServerCode,
    repository,
    commits,
    verifier,
    admission,
    health,
    metrics,
    requestLog,
    clock = Date.now,
    isCertain = () => true,
    listTimeoutMs = 800,
    arrivalTimeoutMs = 10_000,
    tls,
  } = options
  const now = () => performance.now()
  const implementations = matchImplementations(application, server)
  const http = {
    maxHeaderSize: limits.forwardedHeadBytesMax,
    headersTimeout: arrivalTimeoutMs,
    // Node looks for late arrivals every 30 s unless told otherwise: the place would be held for that long.
    connectionsCheckingInterval: Math.min(1_000, arrivalTimeoutMs),
  }
  const app = Fastify({
    // Requests are logged by ourselves, once, when they have ended: a child logger for each costs more than a read.
    logger: false,
    genReqId: requestId as never,
    requestIdHeader: false,
    bodyLimit: limits.bodyBytesMax,
    // Longer than the edge and the balancer keep theirs, so that we never close one that they are about to use.
    keepAliveTimeout: 75_000,
    requestTimeout: arrivalTimeoutMs,
    // The entry stage says the same as a problem.
    return503OnClosing: false,
    ...(tls === undefined
      ? { http }
      : // Fastify's types make this another kind of application; nothing here uses what is different about it.
        ({ https: { ...http, ...tls, handshakeTimeout: arrivalTimeoutMs } } as object)),
    routerOptions: { maxParamLength: limits.urlLengthMax },
    clientErrorHandler: (error, socket) =>
      answerClientError(error, socket as never, requestId({ headers: {} } as never)),
    // A path that cannot even be decoded: none of the stages has seen the request.
    frameworkErrors: (error, request, reply) => {
      reply.header(headers.requestId, request.id)
      sendProblem(reply as never, problemOf(error))
    },
  })
  declareRequest(app)

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    // A bad body is a value, not an error: an error would cost the connection.
    (_request, body, done) => done(null, parseJsonBody(body as Buffer)),
  )

  const load = () => admission.load(now())
  app.addHook('onRequest', entryStage({ now, load, isDraining: () => health.isDraining }))
  const trust = trustStage(verifier, clock)
  app.addHook('onRequest', (request, reply, done) => {
    if (isOperational(request)) done()
    else trust.call(app, request, reply, done)
  })
  const pages = createPages(application)
  const paths = { catalogue: application.resources, pages }
  app.addHook('onRequest', unmatchedStage(paths))
  // When the answer is handed to the socket, rather than when it is out: a caller who has left never gets that far, and
  // the place would be lost.
  app.addHook('onSend', (request, reply, _payload, done) => {
    const endedAtMs = now()
    const { statusCode } = reply
    releaseAdmission(admission, request, statusCode, endedAtMs)
    metrics.onAnswer(request.target, statusCode, endedAtMs - request.startedAtMs, request.problem?.code)
    requestLog.onAnswer(request, statusCode, endedAtMs - request.startedAtMs)
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
  const shared = { paths, repository, admission, clock, isCertain, guardsOf, turns: new Turns() }
  routeResources(app, views, { ...shared, listTimeoutMs })
  routeActions(app, views, { ...shared, commits, implementations })
  await app.ready()
  return app
}
