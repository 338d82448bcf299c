import { opsPaths } from '@spillway/origin/contract'
import type { FastifyInstance } from 'fastify'
import { jsonType } from '../http/json-body.ts'
import type { Target } from '../http/request.ts'
import type { Metrics } from '../observe/metrics.ts'

/** Conditions for sending requests to this process. */
export interface Readiness {
  readonly isReady: boolean
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>
}

export interface HealthOptions {
  /** Whether the primary answers. */
  readonly ping: () => Promise<boolean>
  /** Whether the pool has a connection without a long wait. */
  readonly hasPoolRoom: () => boolean
  /** Database commands past their time limit: whether one is running, and how many were given up since the start. */
  readonly commands: { readonly isAnyOverdue: boolean; readonly givenUp: number }
  /** Indexes that are being built. Only requests that need them are refused, so they leave the process ready. @default none */
  readonly unreadyIndexes?: () => readonly string[]
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Time for which one ping result is reused, in ms. @default 1 000 */
  readonly pingFreshMs?: number
}

/**
 * Live: the process answers. Ready: it can serve requests. An overloaded process is ready: it sheds load itself, and
 * taking it out of service would push its load onto the others.
 */
export class Health {
  readonly #options: HealthOptions
  #isDraining = false
  #pinging: Promise<boolean> | undefined
  #pingedAt = Number.NEGATIVE_INFINITY
  #answered = false

  constructor(options: HealthOptions) {
    this.#options = options
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Tells the load balancer, from now on, to send no more requests. */
  drain(): void {
    this.#isDraining = true
  }

  async readiness(): Promise<Readiness> {
    const { commands: watched, hasPoolRoom } = this.#options
    const { givenUp, isAnyOverdue } = watched
    const database = await this.#ping()
    const pool = hasPoolRoom()
    // A ping may take as long as a stuck command: a command that was given up during the ping counts, too.
    const commands = !isAnyOverdue && !watched.isAnyOverdue && watched.givenUp === givenUp
    const draining = this.#isDraining
    const unready = this.#options.unreadyIndexes?.() ?? []
    return {
      isReady: database && pool && commands && !draining,
      checks: {
        database: database ? { ok: true } : { ok: false, reason: 'the primary does not answer' },
        pool: pool ? { ok: true } : { ok: false, reason: 'operations wait too long for a connection' },
        commands: commands ? { ok: true } : { ok: false, reason: 'a database command does not end' },
        ...(unready.length > 0 && { indexes: { ok: true, reason: `not built yet: ${unready.join(', ')}` } }),
        drain: draining ? { ok: false, reason: 'this process is stopping' } : { ok: true },
      },
    }
  }

  /** Pings the database, one ping at a time, and reuses the result: many checks cause few pings. */
  #ping(): Promise<boolean> {
    const { ping, now, pingFreshMs = 1_000 } = this.#options
    if (now() - this.#pingedAt < pingFreshMs) return Promise.resolve(this.#answered)
    this.#pinging ??= ping()
      .catch(() => false)
      .then((answered) => {
        this.#answered = answered
        this.#pingedAt = now()
        this.#pinging = undefined
        return answered
      })
    return this.#pinging
  }
}

const target: Target = { route: 'ops', operation: 'ops' }

/** `/livez`, `/readyz`, `/metrics`: without assertion and admission, and never routed by the edge. */
export function routeHealth(
  app: FastifyInstance,
  { health, metrics }: { readonly health: Health; readonly metrics: Metrics },
): void {
  const onRequest = (request: { target: Target }, _reply: unknown, done: () => void) => {
    request.target = target
    done()
  }
  const noStore = { 'cache-control': 'no-store' }
  app.get(opsPaths.live, { onRequest }, (_request, reply) =>
    reply.headers({ ...noStore, 'content-type': jsonType }).send('{"status":"live"}'),
  )
  app.get(opsPaths.ready, { onRequest }, async (_request, reply) => {
    const { isReady, checks } = await health.readiness()
    reply.code(isReady ? 200 : 503).headers({ ...noStore, 'content-type': jsonType })
    return reply.send(JSON.stringify({ status: isReady ? 'ready' : 'not ready', checks }))
  })
  app.get(opsPaths.metrics, { onRequest }, async (_request, reply) => {
    const { contentType, text } = await metrics.scrape()
    return reply.headers({ ...noStore, 'content-type': contentType }).send(text)
  })
}
