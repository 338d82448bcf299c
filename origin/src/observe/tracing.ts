import type { FastifyRequest } from 'fastify'
import type { TraceCommand } from '../store/trace-command.ts'

/** Records requests, and the commands that do their work, as spans. */
export interface Tracing {
  /** Begins the span of a request, if its trace is recorded. */
  begin(request: FastifyRequest): void
  /** Ends the span of a request, if it has one. */
  end(request: FastifyRequest, status: number): void
  readonly command: TraceCommand
  /** Sends the last spans. */
  stop(): Promise<void>
}
