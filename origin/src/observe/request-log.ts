import type { Problem } from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import pino, { type Logger } from 'pino'
import type { LogLevel } from '../config.ts'
import { isDefect } from '../http/problem.ts'

/**
 * Structured log lines (pino). A line names a request by its id, route pattern and status. No header, query value or
 * body is passed to the logger, so none can leak. Members with a sensitive name are redacted in case one is passed by
 * accident.
 */
export function createLogger(level: LogLevel, destination?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service: 'spillway-origin', pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['authorization', 'cookie', '["spillway-assertion"]', 'uri', 'password'].flatMap((name) =>
        name.startsWith('[') ? [name, `*${name}`] : [name, `*.${name}`],
      ),
      censor: '[redacted]',
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** Logs requests when they end: defects at level error, all others at level debug. */
export class RequestLog {
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  onAnswer(request: FastifyRequest, status: number, durationMs: number): void {
    if (request.defect !== undefined) this.#logDefect(request, request.defect)
    if (!this.#logger.isLevelEnabled('debug')) return
    const { id, method, target, problem } = request
    this.#logger.debug(
      {
        requestId: id,
        traceId: traceId(request),
        method,
        route: target.route,
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        ...(problem !== undefined && { problem: problem.code }),
      },
      'answered',
    )
  }

  onError(request: FastifyRequest, problem: Problem, error: unknown): void {
    if (isDefect(problem)) this.#logDefect(request, error)
  }

  #logDefect(request: FastifyRequest, error: unknown): void {
    const { id, method, target } = request
    const line = { requestId: id, traceId: traceId(request), method, route: target.route, err: error }
    this.#logger.error(line, 'failed')
  }
}

/** Trace id of a W3C `traceparent`, so that log lines can be found from a trace. */
function traceId({ headers }: FastifyRequest): string | undefined {
  const parent = headers.traceparent
  const id = typeof parent === 'string' ? /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(parent)?.[1] : undefined
  return id === '0'.repeat(32) ? undefined : id
}
