import { problemBody, problemHeaders, problemStatus } from '@spillway/origin/contract'
import { createApp } from './app.ts'
import { createPassThrough } from './cache/index.ts'
import { type Bindings, ConfigError, readConfig } from './config.ts'
import { createParts } from './parts.ts'

/** The zone's queue of purges, as a class for the runtime to make. */
export { PurgeQueueObject as PurgeQueue } from './cache/purge/purge-queue-object.ts'

type Handler = (request: Request, context: ExecutionContext) => Response | Promise<Response>

/** Made once per isolate: the bindings do not change while it lives. */
let handler: Handler | undefined

export default {
  fetch(request, bindings, context) {
    handler ??= createHandler(bindings)
    return handler(request, context)
  },
} satisfies ExportedHandler<Bindings>

function createHandler(bindings: Bindings): Handler {
  try {
    const config = readConfig(bindings)
    const app = createApp(createParts(config, bindings))
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
    detail: 'The edge is not configured; its log says what is missing.',
  } as const
  return new Response(JSON.stringify(problemBody(problem, crypto.randomUUID())), {
    status: problemStatus(problem),
    headers: problemHeaders(problem),
  })
}
